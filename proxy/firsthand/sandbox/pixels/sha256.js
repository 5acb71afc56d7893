/* SHA-256 as hex, at once and in every context: for the stand-ins of scripts that hash contact data. */
  var sha256 = (function () {
    var PRIMES = [];
    for (var n = 2; PRIMES.length < 64; n++) {
      if (PRIMES.every(function (p) { return n % p; })) PRIMES.push(n);
    }
    var KEYS = PRIMES.map(function (p) { return fraction(Math.cbrt(p)); });

    function fraction(x) { return (x - Math.floor(x)) * 0x100000000 | 0; }
    function turn(x, n) { return x >>> n | x << 32 - n; }

    function padded(text) {
      var bytes = new TextEncoder().encode(text);
      var view = new DataView(new ArrayBuffer(((bytes.length + 8 >> 6) + 1) * 64));
      bytes.forEach(function (byte, i) { view.setUint8(i, byte); });
      view.setUint8(bytes.length, 0x80);
      view.setUint32(view.byteLength - 4, bytes.length * 8);
      return view;
    }

    function schedule(view, offset) {
      var w = [];
      for (var i = 0; i < 64; i++) {
        if (i < 16) { w.push(view.getInt32(offset + 4 * i)); continue; }
        var a = w[i - 15], b = w[i - 2];
        w.push(w[i - 16] + (turn(a, 7) ^ turn(a, 18) ^ a >>> 3) +
          w[i - 7] + (turn(b, 17) ^ turn(b, 19) ^ b >>> 10) | 0);
      }
      return w;
    }

    function mix(state, w) {
      var s = state.slice();
      for (var i = 0; i < 64; i++) {
        var up = s[7] + (turn(s[4], 6) ^ turn(s[4], 11) ^ turn(s[4], 25)) +
          (s[4] & s[5] ^ ~s[4] & s[6]) + KEYS[i] + w[i] | 0;
        var down = (turn(s[0], 2) ^ turn(s[0], 13) ^ turn(s[0], 22)) +
          (s[0] & s[1] ^ s[0] & s[2] ^ s[1] & s[2]) | 0;
        s = [up + down | 0, s[0], s[1], s[2], s[3] + up | 0, s[4], s[5], s[6]];
      }
      return state.map(function (word, i) { return word + s[i] | 0; });
    }

    return function (text) {
      var view = padded(text);
      var state = PRIMES.slice(0, 8).map(function (p) { return fraction(Math.sqrt(p)); });
      for (var at = 0; at < view.byteLength; at += 64) state = mix(state, schedule(view, at));
      return state.map(function (word) {
        return (word >>> 0).toString(16).padStart(8, '0');
      }).join('');
    };
  })();
