/* Stand-in for a tag's own file, written for Firsthand's sandbox: it tells the script of which tag
   its settings are. */
(function (window) {
  'use strict';
  var known = window.UET && window.UET.tags && window.UET.tags['{{tag}}'];
  if (known) known.configured({ goals: [] });
})(window);
