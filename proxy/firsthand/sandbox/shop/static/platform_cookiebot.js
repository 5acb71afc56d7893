/* Leaves the traces that Cookiebot leaves: the cookie CookieConsent, which is no JSON,
   window.Cookiebot, the events CookiebotOnAccept and CookiebotOnDecline. */
(window.shopPlatforms = window.shopPlatforms || {}).cookiebot = (function (window) {
  'use strict';

  var CHOICES = { all: [true, true], analytics: [true, false], none: [false, false] };

  function state(jar) {
    var text = decodeURIComponent(jar.read('CookieConsent'));
    function holds(name) { return text.indexOf(name + ':true') >= 0; }
    return { stamp: text, necessary: true, preferences: holds('preferences'),
      statistics: holds('statistics'), marketing: holds('marketing') };
  }

  return {
    cookies: ['CookieConsent'],
    begin: function (jar, show) {
      window.Cookiebot = { renew: show, show: show };
    },
    choice: function (jar) {
      var now = state(jar);
      if (!now.stamp) return '';
      if (now.marketing) return 'all';
      return now.statistics ? 'analytics' : 'none';
    },
    save: function (jar, name) {
      var given = CHOICES[name];
      var value = "{stamp:'" + jar.newId() + "==',necessary:true,preferences:false,statistics:" +
        given[0] + ',marketing:' + given[1] + ",method:'explicit',ver:1,utc:" + Date.now() +
        ",region:'de'}";
      jar.write('CookieConsent', value.replace(/'/g, '%27').replace(/,/g, '%2C'));
    },
    announce: function (jar) {
      var now = state(jar);
      var some = now.statistics || now.marketing;
      Object.assign(window.Cookiebot, { consent: now, consented: !!now.stamp && some,
        declined: !!now.stamp && !some, hasResponse: !!now.stamp });
      if (!now.stamp) return;
      window.dispatchEvent(new Event(some ? 'CookiebotOnAccept' : 'CookiebotOnDecline'));
    }
  };
})(window);
