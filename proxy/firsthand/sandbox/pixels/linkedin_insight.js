/* Stand-in for LinkedIn's loader: it picks a build from its own folder. */
(function (window, document) {
  'use strict';

  if (window.__insightLoaded) return;
  window.__insightLoaded = true;

  var legacy = typeof window.CompressionStream === 'undefined';
  var script = document.createElement('script');
  script.async = true;
  script.setAttribute('src', '{{scheme}}://snap.licdn.com{{suffix}}/li.lms-analytics/insight.' +
    (legacy ? 'old' : 'beta') + '.min.js');
  var first = document.getElementsByTagName('script')[0];
  first.parentNode.insertBefore(script, first);
})(window, document);
