/* Stand-in for the part of TikTok's pixel that normalises and hashes contact data. Own work. */
(function (window) {
  'use strict';

  {{sha256}}

  var HASHED = {
    email: function (v) { v = v.trim().toLowerCase(); return /^\S+@\S+\.\S+$/.test(v) ? v : ''; },
    // The number as a phone library prints it: the plus sign stays.
    phone_number: function (v) {
      var digits = v.replace(/\D/g, '');
      return /^\s*\+/.test(v) ? '+' + digits : digits;
    },
    first_name: function (v) { return v.toLowerCase().replace(/\s/g, ''); },
    zip_code: function (v) { return v.toLowerCase().replace(/[\s-]/g, ''); }
  };
  HASHED.last_name = HASHED.first_name;
  var PLAIN = ['external_id', 'city', 'state', 'country'];

  window.__tiktokIdentify = function (given) {
    var user = {};
    Object.keys(HASHED).forEach(function (key) {
      var raw = String(given[key] === undefined || given[key] === null ? '' : given[key]);
      var ready = given['sha256_' + key.replace('_number', '')];
      var plain = HASHED[key](raw);
      if (ready) user[key] = ready;
      else if (/^[0-9a-f]{64}$/i.test(raw)) user[key] = raw.toLowerCase();
      else if (plain) user[key] = sha256(plain);
    });
    PLAIN.forEach(function (key) {
      if (given[key]) user[key] = String(given[key]).trim().slice(0, 80);
    });
    return user;
  };
})(window);
