/* Stand-in for TikTok's per-pixel script, written for Firsthand's sandbox: it describes one pixel and
   loads the core that its switches ask for. It shares no code with the real one. */
(function (window, document) {
  'use strict';

  var name = window.TiktokAnalyticsObject || 'ttq';
  var ttq = window[name] = window[name] || [];
  var CODE = '{{pixel}}';
  var STATIC = '{{scheme}}://analytics.tiktok.com{{suffix}}/i18n/pixel/static/';
  var SWITCHES = { AutoAdvancedMatching: false, Shopify: false, Monitor: true };
  var BUILDS = [
    { id: 'U2FuZGJveDAw', map: { AutoAdvancedMatching: false, Shopify: false, Monitor: false } },
    { id: 'U2FuZGJveDAx', map: { AutoAdvancedMatching: false, Shopify: false, Monitor: true } }
  ];

  ttq._server_unique_id = ttq._server_unique_id || '{{load}}';
  ttq._i = ttq._i || {};
  ttq._i[CODE] = Object.assign(ttq._i[CODE] || [], {
    info: { pixelCode: CODE, firstPartyCookieEnabled: true }, plugins: SWITCHES
  });

  var build = BUILDS.filter(function (one) {
    return Object.keys(one.map).every(function (key) { return one.map[key] === SWITCHES[key]; });
  })[0];
  var script = document.createElement('script');
  script.async = true;
  script.src = STATIC + 'main.' + build.id + '.js';
  script.setAttribute('data-id', CODE);
  var first = document.getElementsByTagName('script')[0];
  first.parentNode.insertBefore(script, first);
})(window, document);
