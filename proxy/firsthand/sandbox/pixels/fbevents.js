/* Stand-in for Meta's pixel script, written for Firsthand's sandbox. It shares with the real one
   the queue, the addresses, the wire format, the chained configuration and the habits that break
   careless re-hosting; it shares no code. */
(function (window, document) {
  'use strict';

  var fbq = window.fbq;
  if (!fbq || fbq.callMethod) return;

  var SCHEME = '{{scheme}}:';
  var SUFFIX = '{{suffix}}';
  var VERSION = '{{version}}';
  var SHORT_URL = 2048;
  var NETWORK = { ENDPOINT: '{{scheme}}://www.facebook.com{{suffix}}/tr/' };
  var LOADER = { CDN_BASE_URL: join('connect', 'facebook', 'net') };

  function join() {
    return [SCHEME, '', Array.prototype.join.call(arguments, '.') + SUFFIX, ''].join('/');
  }

  // Whoever edits the constant above in this file's text ends here.
  (function checkTier(address) {
    if (address !== join('www', 'facebook', 'com') + 'tr/') {
      throw new Error('Malformed tier: ' + address);
    }
  })(NETWORK.ENDPOINT);

  // -- state ---------------------------------------------------------------------------------

  var pixels = {};
  var order = [];
  var plugins = [];
  var waiting = [];
  var revoked = false;
  var limits = null;

  // -- contact data --------------------------------------------------------------------------

  var ALIASES = { email: 'em', user_email: 'em', phone: 'ph', pn: 'ph', first_name: 'fn',
    last_name: 'ln', city: 'ct', state: 'st', zip: 'zp' };
  var PUNCTUATION = /[\s!"#$%&'()*+,\-.\/:;<=>?@[\\\]^_`{|}~]/g;
  var NORMALISE = {
    em: function (v) { v = v.trim().toLowerCase(); return /^\S+@\S+\.\S+$/.test(v) ? v : ''; },
    ph: function (v) { return v.replace(/\D/g, '').replace(/^0+/, ''); },
    fn: function (v) { return v.toLowerCase().replace(PUNCTUATION, ''); },
    ct: function (v) { return v.toLowerCase().replace(/[^a-z0-9]/g, '').replace(/^\d+/, ''); },
    st: function (v) { return v.toLowerCase().replace(/[^a-z]/g, '').slice(0, 2); },
    zp: function (v) { v = v.toLowerCase().split('-')[0].trim(); return v.length > 1 ? v : ''; },
    db: function (v) { return v.replace(/\D/g, ''); },
    ge: function (v) { v = v.trim().toLowerCase().charAt(0); return v === 'f' || v === 'm' ? v : ''; },
    other: function (v) { return v.toLowerCase().replace(/\s/g, ''); }
  };
  NORMALISE.ln = NORMALISE.fn;
  NORMALISE.country = NORMALISE.st;

  function masked(value) {
    return value.replace(/[^\s@.+()\-]/g, function (c) {
      if (/[0-9]/.test(c)) return '#';
      if (/[a-z]/.test(c)) return '*';
      return /[A-Z]/.test(c) ? '^' : '~';
    });
  }

  function shapes(userData) {
    var result = {};
    Object.keys(userData || {}).forEach(function (name) {
      if (userData[name]) result[ALIASES[name] || name] = masked(String(userData[name]));
    });
    return result;
  }

  function hashed(userData) {
    var result = {};
    Object.keys(userData || {}).forEach(function (name) {
      var key = ALIASES[name] || name;
      var raw = String(userData[name] === null ? '' : userData[name]);
      if (/^[0-9a-f]{64}$/i.test(raw)) { result[key] = raw.toLowerCase(); return; }
      var plain = (NORMALISE[key] || NORMALISE.other)(raw);
      if (plain) result[key] = sha256(plain);
    });
    return result;
  }

  function sha256(text) {
    var input = new TextEncoder().encode(text);
    var size = ((input.length + 8 >> 6) + 1) * 64;
    var block = new DataView(new ArrayBuffer(size));
    input.forEach(function (byte, i) { block.setUint8(i, byte); });
    block.setUint8(input.length, 0x80);
    block.setUint32(size - 8, Math.floor(input.length / 0x20000000));
    block.setUint32(size - 4, input.length << 3);

    var state = PRIMES.slice(0, 8).map(function (p) { return fraction(Math.sqrt(p)); });
    var keys = PRIMES.map(function (p) { return fraction(Math.cbrt(p)); });
    for (var offset = 0; offset < size; offset += 64) round(block, offset, state, keys);
    return state.map(function (word) {
      return ('0000000' + (word >>> 0).toString(16)).slice(-8);
    }).join('');
  }

  var PRIMES = (function () {
    var found = [];
    for (var n = 2; found.length < 64; n++) {
      if (found.every(function (p) { return n % p; })) found.push(n);
    }
    return found;
  })();

  function fraction(x) { return (x - Math.floor(x)) * 0x100000000 | 0; }
  function turn(x, n) { return x >>> n | x << 32 - n; }

  function round(block, offset, state, keys) {
    var w = [], s = state.slice(), i, a, b;
    for (i = 0; i < 16; i++) w[i] = block.getInt32(offset + 4 * i);
    for (; i < 64; i++) {
      a = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ w[i - 15] >>> 3;
      b = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ w[i - 2] >>> 10;
      w[i] = w[i - 16] + a + w[i - 7] + b | 0;
    }
    for (i = 0; i < 64; i++) {
      a = s[7] + (turn(s[4], 6) ^ turn(s[4], 11) ^ turn(s[4], 25)) +
        (s[4] & s[5] ^ ~s[4] & s[6]) + keys[i] + w[i] | 0;
      b = (turn(s[0], 2) ^ turn(s[0], 13) ^ turn(s[0], 22)) +
        (s[0] & s[1] ^ s[0] & s[2] ^ s[1] & s[2]) | 0;
      s = [a + b | 0, s[0], s[1], s[2], s[3] + a | 0, s[4], s[5], s[6]];
    }
    for (i = 0; i < 8; i++) state[i] = state[i] + s[i] | 0;
  }

  // -- calls ---------------------------------------------------------------------------------

  var METHODS = {
    init: function (id, userData, options) {
      id = String(id);
      if (pixels[id]) return;
      pixels[id] = { id: id, userData: hashed(userData), shapes: shapes(userData), agent: (options || {}).agent,
        counter: 0, since: Date.now(), ready: !!fbq.disableConfigLoading, cookies: {} };
      order.push(id);
      if (!pixels[id].ready) loadConfig(id);
    },
    track: function (name, data, options) { enqueue(order, name, data, options, 0); },
    trackCustom: function (name, data, options) { enqueue(order, name, data, options, 4); },
    trackSingle: function (id, name, data, options) { enqueue([String(id)], name, data, options, 1); },
    trackSingleCustom: function (id, name, data, options) {
      enqueue([String(id)], name, data, options, 2);
    },
    consent: function (state) { revoked = state === 'revoke'; flush(); },
    dataProcessingOptions: function (options, country, state) {
      limits = { dpo: options.join(','), dpoco: country || 0, dpost: state || 0 };
    },
    set: function (name, value) {
      if (name === 'endpoint' && typeof value === 'string') NETWORK.ENDPOINT = value;
      if (name === 'cdn' && typeof value === 'string') LOADER.CDN_BASE_URL = value;
    }
  };

  function enqueue(ids, name, data, options, api) {
    ids.forEach(function (id) {
      waiting.push({ id: id, name: name, data: data || {}, key: (options || {}).eventID,
        api: api, at: Date.now(), extra: {} });
    });
    flush();
  }

  function flush() {
    if (revoked) return;
    var held = [];
    waiting.splice(0).forEach(function (event) {
      var pixel = pixels[event.id];
      if (pixel && pixel.ready) send(pixel, event); else held.push(event);
    });
    waiting = held;
  }

  function loadConfig(id) {
    var script = document.createElement('script');
    var first = Array.prototype.find.call(document.scripts, function (other) {
      return other.src.indexOf(LOADER.CDN_BASE_URL) === 0;
    });
    script.async = true;
    script.src = LOADER.CDN_BASE_URL + 'signals/config/' + id + '?v=' + VERSION +
      '&r=stable&domain=' + encodeURIComponent(window.location.hostname) + '&hme=' + sha256(VERSION);
    if (first && first.parentNode) first.parentNode.insertBefore(script, first);
    else document.head.appendChild(script);
  }

  // -- the wire ------------------------------------------------------------------------------

  function send(pixel, event) {
    plugins.forEach(function (plugin) { if (plugin.before) plugin.before(pixel, event); });
    var params = parameters(pixel, event);
    var query = params.map(encode).join('&');
    var url = NETWORK.ENDPOINT + '?' + query + '&rqm=GET';
    if (url.length < SHORT_URL) sendImage(url); else sendForm(params.concat([['rqm', 'formPOST']]));
  }

  function parameters(pixel, event) {
    var list = [];
    function put(name, value) {
      if (value !== undefined && value !== null) list.push([name, String(value)]);
    }
    function putAll(prefix, values) {
      Object.keys(values).forEach(function (key) {
        var value = values[key];
        put(prefix + '[' + key + ']', typeof value === 'object' ? JSON.stringify(value) : value);
      });
    }
    put('id', pixel.id);
    put('ev', event.name);
    put('dl', window.location.href);
    put('rl', document.referrer);
    put('if', window.top !== window);
    put('ts', event.at);
    putAll('cd', event.data);
    put('sw', window.screen.width);
    put('sh', window.screen.height);
    putAll('cud', pixel.shapes);
    putAll('ud', pixel.userData);
    putAll('aud', pixel.userData);
    put('v', VERSION);
    put('r', 'stable');
    put('a', pixel.agent);
    put('ec', pixel.counter++);
    put('o', 4126);
    put('fbc', pixel.cookies.fbc);
    put('fbp', pixel.cookies.fbp);
    put('cdl', 'API_unavailable');
    put('it', pixel.since);
    put('coo', 'false');
    put('eid', event.key);
    if (event.api) put('tm', event.api);
    Object.keys(event.extra).forEach(function (name) { put(name, event.extra[name]); });
    Object.keys(limits || {}).forEach(function (name) { put(name, limits[name]); });
    return list;
  }

  function encode(pair) {
    var name = pair[0].replace(/\[(.*)\]$/, function (_, key) {
      return '[' + encodeURIComponent(key) + ']';
    });
    return name + '=' + encodeURIComponent(pair[1]);
  }

  var inFlight = [];
  function sendImage(url) {
    var image = new Image(1, 1);
    image.onload = image.onerror = function () { inFlight.splice(inFlight.indexOf(image), 1); };
    inFlight.push(image);
    image.src = url;
  }

  // The host that serves the script takes its telemetry too. The real one sends it now and then.
  function tellHost(id) {
    new Image().src = LOADER.CDN_BASE_URL + 'log/fbevents_telemetry/?v=' + VERSION + '&rs=stable&p=' + id;
  }

  var forms = 0;
  function sendForm(params) {
    var name = 'fb' + ++forms + '-' + Date.now();
    var form = document.createElement('form');
    var frame = document.createElement('iframe');
    form.method = 'post';
    form.action = NETWORK.ENDPOINT;
    form.target = name;
    form.acceptCharset = 'utf-8';
    form.style.display = 'none';
    frame.name = frame.id = name;
    frame.src = 'about:blank';
    params.forEach(function (pair) {
      var field = document.createElement('input');
      field.name = pair[0];
      field.value = pair[1];
      form.appendChild(field);
    });
    frame.onload = function () {
      frame.onload = function () { form.remove(); };
      form.submit();
    };
    form.appendChild(frame);
    (document.body || document.documentElement).appendChild(form);
  }

  // -- what a configuration file can do --------------------------------------------------------

  var instance = {
    addPlugin: function (plugin) { plugins.push(plugin); },
    trackAutomatic: function (id, name, data) {
      waiting.push({ id: id, name: name, data: data, api: 3, at: Date.now(),
        extra: { es: 'automatic' } });
      flush();
    },
    configLoaded: function (id) {
      if (!pixels[id]) return;
      pixels[id].ready = true;
      tellHost(id);
      flush();
    }
  };
  fbq.registerPlugin = function (name, plugin) { plugin(fbq, instance); };

  fbq.version = VERSION;
  fbq._releaseSegment = 'stable';
  fbq.callMethod = function (name) {
    var method = METHODS[name];
    if (method) method.apply(null, Array.prototype.slice.call(arguments, 1));
  };
  (fbq.queue || []).splice(0).forEach(function (call) { fbq.callMethod.apply(null, call); });
})(window, document);
