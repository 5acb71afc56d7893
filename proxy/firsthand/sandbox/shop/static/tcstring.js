/* Writes and reads IAB TC strings (version 2, policy 5, with disclosed vendors): as much of them as
   a banner with three answers needs. IAB Tech Lab, "Transparency and Consent String", 2026-11. */
window.shopTcString = (function (window) {
  'use strict';

  var ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  var DAY = 86400000;
  var PURPOSES_AT = 152;
  var VENDORS = [755, 804, 986, 1126]; // Google, LinkedIn, TikTok, Microsoft
  var CHOICES = { all: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], analytics: [1, 8, 9], none: [] };

  function number(value, width) { return value.toString(2).padStart(width, '0'); }

  function field(members, width) {
    return Array.from({ length: width }, function (_, index) {
      return members.indexOf(index + 1) >= 0 ? '1' : '0';
    }).join('');
  }

  function vendors(members) {
    var highest = members.length ? Math.max.apply(null, members) : 0;
    return number(highest, 16) + '0' + field(members, highest);
  }

  function letters(text) {
    return Array.from(text, function (letter) {
      return number(letter.charCodeAt(0) - 65, 6);
    }).join('');
  }

  function pack(bits) {
    return bits.padEnd(Math.ceil(bits.length / 6) * 6, '0').replace(/.{6}/g, function (six) {
      return ALPHABET[parseInt(six, 2)];
    });
  }

  function unpack(text) {
    return Array.from(text, function (sign) { return number(ALPHABET.indexOf(sign), 6); }).join('');
  }

  return {
    write: function (name) {
      var today = number(Math.floor(Date.now() / DAY) * DAY / 100, 36);
      var core = number(2, 6) + today + today + number(300, 12) + number(1, 12) + number(1, 6) +
        letters('EN') + number(50, 12) + number(5, 6) + '1' + '0' + number(0, 12) +
        field(CHOICES[name], 24) + number(0, 24) + '0' + letters('DE') +
        vendors(name === 'none' ? [] : VENDORS) + vendors([]) + number(0, 12);
      return pack(core) + '.' + pack(number(1, 3) + vendors(VENDORS));
    },
    purposes: function (text) {
      var bits = unpack(text.split('.')[0]).slice(PURPOSES_AT, PURPOSES_AT + 24);
      return Array.from(bits, Number).reduce(function (found, bit, index) {
        return bit ? found.concat(index + 1) : found;
      }, []);
    },
    choice: function (text) {
      if (!text) return '';
      var given = this.purposes(text);
      if (given.indexOf(4) >= 0) return 'all';
      return given.indexOf(8) >= 0 ? 'analytics' : 'none';
    }
  };
})(window);
