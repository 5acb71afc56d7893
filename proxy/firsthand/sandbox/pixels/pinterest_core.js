/* Stand-in for Pinterest's loader: all it does is fetch the build of the day. */
(function (window, document) {
  'use strict';

  var pintrk = window.pintrk;
  if (!pintrk || pintrk.build) return;
  pintrk.build = '{{build}}';

  var address = ['{{scheme}}:', '', 's.pinimg.com{{suffix}}', 'ct', 'lib', 'main.' + pintrk.build + '.js'].join('/');
  var script = document.createElement('script');
  script.async = true;
  script.src = address;
  var first = document.getElementsByTagName('script')[0];
  first.parentNode.insertBefore(script, first);
})(window, document);
