/* Leaves the traces that a platform of the IAB's TCF leaves: the cookie euconsent-v2 and the
   function __tcfapi with its listeners. */
(window.shopPlatforms = window.shopPlatforms || {}).tcf = (function (window) {
  'use strict';

  var listeners = [];

  function data(jar, id) {
    var text = jar.read('euconsent-v2');
    var consents = {};
    if (text) window.shopTcString.purposes(text).forEach(function (each) { consents[each] = true; });
    return { tcString: text, tcfPolicyVersion: 5, cmpId: 300, cmpVersion: 1, gdprApplies: true,
      cmpStatus: 'loaded', eventStatus: text ? 'useractioncomplete' : 'cmpuishown',
      listenerId: id, isServiceSpecific: true, purpose: { consents: consents } };
  }

  return {
    cookies: ['euconsent-v2'],
    begin: function (jar) {
      window.__tcfapi = function (command, version, callback, parameter) {
        if (command === 'addEventListener') {
          listeners.push(callback);
          callback(data(jar, listeners.length - 1), true);
        } else if (command === 'removeEventListener') {
          delete listeners[parameter];
          callback(true);
        } else if (command === 'ping') {
          callback({ gdprApplies: true, cmpLoaded: true, cmpStatus: 'loaded',
            displayStatus: jar.read('euconsent-v2') ? 'hidden' : 'visible', apiVersion: '2.3' });
        } else {
          callback(null, false);
        }
      };
    },
    choice: function (jar) { return window.shopTcString.choice(jar.read('euconsent-v2')); },
    save: function (jar, name) { jar.write('euconsent-v2', window.shopTcString.write(name)); },
    announce: function (jar) {
      listeners.forEach(function (hear, id) { hear(data(jar, id), true); });
    }
  };
})(window);
