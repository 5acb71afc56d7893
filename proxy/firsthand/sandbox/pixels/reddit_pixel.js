/* Stand-in for Reddit's pixel script, written for Firsthand's sandbox. It shares with the real one the
   queue, the wire format with its swapped screen sides and hashed ids, the cookies and the extra
   requests; it shares no code. */
(function (window, document) {
  'use strict';

  {{sha256}}

  var rdt = window.rdt;
  if (!rdt || rdt.sendEvent) return;

  var VERSION = 'rdt_5afed25b';
  var LIFE_S = 90 * 24 * 60 * 60;
  var LONG_URL = 2000;
  var NOTHING = '0'.repeat(64);
  var BEACON = '{{scheme}}://alb.reddit.com{{suffix}}/rp';
  var SWITCHES = '{{scheme}}://pixel-config.reddit.com{{suffix}}/pixels/';
  var TELEMETRY = '{{scheme}}://www.redditstatic.com{{suffix}}/ads/conversions-config/v1/pixel/config/';
  var NAMES = ['PageVisit', 'ViewContent', 'Search', 'AddToCart', 'AddToWishlist', 'Purchase', 'Lead',
    'SignUp', 'Custom'];

  // -- cookies -------------------------------------------------------------------------------

  function read(name) {
    return document.cookie.split('; ').filter(function (part) {
      return part.indexOf(name + '=') === 0;
    }).map(function (part) { return part.slice(name.length + 1); });
  }

  function write(name, value) {
    var labels = window.location.hostname.split('.');
    for (var n = 1; n <= labels.length; n++) {
      document.cookie = name + '=' + value + '; path=/; domain=' + labels.slice(-n).join('.') +
        '; max-age=' + LIFE_S + '; SameSite=Strict';
      if (read(name).indexOf(value) >= 0) return;
    }
  }

  function uuid() {
    var bytes = window.crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = bytes[6] & 15 | 64;
    bytes[8] = bytes[8] & 63 | 128;
    var text = Array.prototype.map.call(bytes, function (b) {
      return ('0' + b.toString(16)).slice(-2);
    }).join('');
    return text.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }

  function person() {
    var known = read('_rdt_uuid').filter(function (value) { return /^\d{10,16}\.[0-9a-f-]{36}$/.test(value); });
    known.sort(function (a, b) { return parseInt(a, 10) - parseInt(b, 10); });
    var oldest = known[0] || Date.now() + '.' + uuid();
    write('_rdt_uuid', oldest);
    return oldest.split('.')[1];
  }

  function click() {
    var fresh = new URLSearchParams(window.location.search).get('rdt_cid');
    if (fresh) write('_rdt_cid', fresh);
    return fresh || read('_rdt_cid')[0] || '';
  }

  // -- contact data --------------------------------------------------------------------------

  function hashed(value, normal) {
    if (value === undefined || value === null || value === '') return '';
    var raw = String(value).trim();
    if (/^[0-9a-f]{64}$/i.test(raw)) return raw.toLowerCase();
    var plain = normal(raw);
    return plain ? sha256(plain) : NOTHING;
  }

  function mailbox(raw) {
    var parts = raw.toLowerCase().split('@');
    if (parts.length !== 2 || parts[1].indexOf('.') < 0) return '';
    return parts[0].split('+')[0].replace(/\./g, '') + '@' + parts[1];
  }

  function phone(raw) {
    var digits = raw.replace(/\D/g, '').replace(/^0+/, '');
    return digits.length >= 7 ? '+' + digits : '';
  }

  function same(raw) { return raw; }

  // -- the wire ------------------------------------------------------------------------------

  var pixels = {};

  function fields(pixel, name, given) {
    function text(value) { return value === undefined || value === null ? '' : String(value); }
    var user = pixel.user;
    return [
      ['ts', Date.now()], ['id', pixel.id], ['event', name],
      ['m.itemCount', text(given.itemCount)],
      ['m.value', ''], ['m.valueDecimal', text(given.value)],
      ['m.currency', text(given.currency)],
      ['m.transactionId', hashed(given.transactionId, same)],
      ['m.customEventName', text(given.customEventName)],
      ['m.products', given.products ? JSON.stringify(given.products) : ''],
      ['m.conversionId', hashed(given.conversionId, same)],
      ['click_id', click()], ['uuid', person()], ['aaid', ''],
      ['em', hashed(user.email, mailbox)], ['pn', hashed(user.phoneNumber, phone)],
      ['external_id', hashed(user.externalId, same)], ['idfa', ''],
      ['integration', 'reddit'], ['opt_out', user.optOut ? '1' : '0'],
      ['sh', window.screen.width], ['sw', window.screen.height], ['v', VERSION],
      ['dpm', text(user.dpm)], ['dpcc', text(user.dpcc)], ['dprc', text(user.dprc)],
      ['esurl', window.location.href]
    ];
  }

  function encoded(list) {
    return list.map(function (pair) { return pair[0] + '=' + encodeURIComponent(pair[1]); }).join('&');
  }

  var inFlight = [];
  function send(list) {
    var url = BEACON + '.gif?' + encoded(list);
    if (url.length < LONG_URL) {
      var image = new Image(1, 1);
      image.onload = image.onerror = function () { inFlight.splice(inFlight.indexOf(image), 1); };
      inFlight.push(image);
      image.src = url;
      return;
    }
    window.fetch(BEACON + '?' + encoded(list.slice(0, 3)), { method: 'POST', mode: 'no-cors', keepalive: true,
      credentials: 'include', headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: encoded(list.slice(3)) }).catch(function () { /* Nobody waits for it. */ });
  }

  function ask(address) {
    window.fetch(address).catch(function () { /* It goes on with all switches off. */ });
  }

  // -- calls ---------------------------------------------------------------------------------

  var CALLS = {
    init: function (id, options) {
      if (pixels[id]) return;
      pixels[id] = { id: id, user: options || {} };
      ask(SWITCHES + id + '/config');
      ask(TELEMETRY + id + '_telemetry');
      if (pixels[id].user.email) write('_rdt_em', hashed(pixels[id].user.email, mailbox));
    },
    track: function (name, given) {
      if (NAMES.indexOf(name) < 0) return;
      Object.keys(pixels).forEach(function (id) { send(fields(pixels[id], name, given || {})); });
    }
  };

  rdt.sendEvent = function (name) {
    if (CALLS[name]) CALLS[name].apply(null, Array.prototype.slice.call(arguments, 1));
  };
  (rdt.callQueue || []).splice(0).forEach(function (call) { rdt.sendEvent.apply(null, call); });
})(window, document);
