/* Stand-in for X's pixel script, written for Firsthand's sandbox. It shares with the real one the
   queue, the two hosts, the wire format and the cookies; it shares no code. */
(function (window, document) {
  'use strict';

  var twq = window.twq;
  if (!twq || twq.exe) return;

  var SCHEME = '{{scheme}}:';
  var SUFFIX = '{{suffix}}';
  var VERSION = '{{version}}';
  var HOSTS = [['analytics', 'twitter', 'com'], ['t', 'co']];
  var LONG_URL = 4096;
  var DAY = 86400;

  {{sha256}}

  // -- ids -----------------------------------------------------------------------------------

  function uuid() {
    return 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replace(/x/g, function () {
      return Math.floor(Math.random() * 16).toString(16);
    });
  }

  function digits(count) {
    var text = '1';
    while (text.length < count) text += Math.floor(Math.random() * 10);
    return text;
  }

  function readCookie(name) {
    var found = document.cookie.split('; ').find(function (part) {
      return part.indexOf(name + '=') === 0;
    });
    return found ? found.slice(name.length + 1) : '';
  }

  function writeCookie(name, value, days) {
    var labels = window.location.hostname.split('.');
    document.cookie = name + '=' + value + '; path=/; domain=.' + labels.slice(-2).join('.') +
      '; max-age=' + days * DAY + '; SameSite=Lax';
  }

  function click() {
    var fresh = new URLSearchParams(window.location.search).get('twclid');
    if (fresh) {
      writeCookie('_twclid', encodeURIComponent(JSON.stringify({ pixelVersion: VERSION,
        timestamp: Date.now(), twclid: fresh, source: 1 })), 30);
      return { id: fresh, source: 1 };
    }
    try {
      return { id: JSON.parse(decodeURIComponent(readCookie('_twclid'))).twclid, source: 2 };
    } catch (_) {
      return {};
    }
  }

  function browser() {
    var known = readCookie('_twpid');
    var id = known || ['tw', Date.now(), digits(18)].join('.');
    if (!known) writeCookie('_twpid', id, 395);
    return { id: id, source: known ? 2 : 1 };
  }

  // -- contact data --------------------------------------------------------------------------

  function hashed(value, normalise) {
    if (!value) return undefined;
    var text = String(value).trim().toLowerCase();
    return /^[0-9a-f]{64}$/.test(text) ? text : sha256(normalise(text));
  }

  function email(text) { return text; }
  function phone(text) { return '+' + text.replace(/\D/g, '').replace(/^0+/, ''); }

  // -- calls ---------------------------------------------------------------------------------

  var pixels = [];
  var counters = { base: 0, event: 0 };
  var pageLoad = uuid();

  var METHODS = {
    config: function (id, options) {
      if (pixels.indexOf(id) >= 0) return;
      pixels.push(id);
      counters.base += 1;
      send(id, {}, options || {});
    },
    event: function (code, data) { send(code, data || {}, {}); }
  };
  METHODS.init = METHODS.config;
  METHODS.set = function () {};
  METHODS.track = METHODS.event;

  function send(txn, data, options) {
    counters.event += 1;
    var contact = {};
    var event = {};
    Object.keys(data).forEach(function (name) {
      (/^(email_address|phone_number|twclid)$/.test(name) ? contact : event)[name] = data[name];
    });
    var here = click();
    var device = browser();
    var params = {
      bci: counters.base, dv: fingerprint(), eci: counters.event,
      email_address: hashed(contact.email_address, email),
      event: JSON.stringify(event), event_id: uuid(), integration: 'advertiser',
      p_id: 'Twitter', p_user_id: 0,
      phone_number: hashed(contact.phone_number, phone),
      pl_id: pageLoad, pt: document.title,
      restricted_data_use: options.restricted_data_use,
      tw_clid_src: here.source, tw_document_href: window.location.href,
      tw_iframe_status: window.top === window ? 0 : 1, tw_pid_src: device.source,
      twclid: contact.twclid || here.id, twpid: device.id, txn_id: txn,
      type: 'javascript', version: VERSION
    };
    var query = Object.keys(params).filter(function (name) {
      return params[name] !== undefined;
    }).map(function (name) { return name + '=' + encodeURIComponent(params[name]); }).join('&');
    HOSTS.forEach(function (labels) { deliver(address(labels), query); });
  }

  function fingerprint() {
    return [Intl.DateTimeFormat().resolvedOptions().timeZone, navigator.language, navigator.vendor,
      navigator.platform, 255, screen.width, screen.height, screen.colorDepth].join('&');
  }

  function address(labels) { return [SCHEME, '', labels.join('.') + SUFFIX, '1', 'i', 'adsct'].join('/'); }

  var inFlight = [];
  function deliver(url, query) {
    if (url.length + query.length > LONG_URL) {
      window.fetch(url + 'p', { method: 'POST', body: query, mode: 'no-cors', credentials: 'include',
        keepalive: true, headers: { 'content-type': 'application/x-www-form-urlencoded' } }).catch(function () {});
      return;
    }
    var image = new Image(1, 1);
    image.onload = image.onerror = function () { inFlight.splice(inFlight.indexOf(image), 1); };
    inFlight.push(image);
    image.src = url + '?' + query;
  }

  twq.exe = function (name) {
    var method = METHODS[name];
    if (method) method.apply(null, Array.prototype.slice.call(arguments, 1));
  };
  (twq.queue || []).splice(0).forEach(function (call) { twq.exe.apply(null, call); });
})(window, document);
