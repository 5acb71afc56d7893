/* Leaves the traces that a platform of the IAB's GPP leaves in Europe: the cookies __gpp (a header
   that names section 2, then a TC string) and __gpp_sid, and the function __gpp. */
(window.shopPlatforms = window.shopPlatforms || {}).gpp = (function (window) {
  'use strict';

  var HEADER = 'DBABM';
  var listeners = [];

  function ping(jar) {
    return { gppVersion: '1.1', cmpStatus: 'loaded', signalStatus: 'ready', cmpId: 300,
      cmpDisplayStatus: jar.read('__gpp') ? 'hidden' : 'visible', supportedAPIs: ['2:tcfeuv2'],
      sectionList: [2], applicableSections: [2], gppString: jar.read('__gpp'), parsedSections: {} };
  }

  return {
    cookies: ['__gpp', '__gpp_sid'],
    begin: function (jar) {
      window.__gpp = function (command, callback) {
        if (command === 'addEventListener') listeners.push(callback);
        callback(command === 'ping' ? ping(jar) : { eventName: 'listenerRegistered',
          listenerId: listeners.length - 1, data: true, pingData: ping(jar) }, true);
      };
    },
    choice: function (jar) {
      return window.shopTcString.choice(jar.read('__gpp').slice(HEADER.length + 1));
    },
    save: function (jar, name) {
      jar.write('__gpp', HEADER + '~' + window.shopTcString.write(name));
      jar.write('__gpp_sid', '2');
    },
    announce: function (jar) {
      listeners.forEach(function (hear, id) {
        hear({ eventName: 'signalStatus', listenerId: id, data: 'ready', pingData: ping(jar) }, true);
      });
    }
  };
})(window);
