/* A banner of the site's own that tells Google's Consent Mode and nobody else: it has no cookie. What
   Firsthand hears of it is what the page tells fh.js (?fh=on), and the gcs and gcd in Google's
   beacons, which can only refuse. */
(window.shopPlatforms = window.shopPlatforms || {}).consent_mode = (function (window) {
  'use strict';

  var KEPT = 'shop_consent_mode';
  var CHOICES = { all: [true, true], analytics: [true, false], none: [false, false] };

  return {
    cookies: ['fh_consent'],
    begin: function () {},
    choice: function () { return window.localStorage.getItem(KEPT) || ''; },
    save: function (_, name) { window.localStorage.setItem(KEPT, name); },
    announce: function () {
      var given = CHOICES[this.choice()];
      if (!given || !window.firsthand) return;
      window.firsthand('consent', { analytics: given[0], marketing: given[1] });
    }
  };
})(window);
