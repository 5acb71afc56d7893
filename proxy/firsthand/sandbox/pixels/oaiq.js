/* Stand-in for OpenAI's measurement pixel, written for Firsthand's sandbox. It shares with the real one
   the queue, the batches in JSON with telemetry among them, the account's configuration, cookies and
   what a refusal does; it shares no code. */
(function (window, document) {
  'use strict';

  var early = window.oaiq;
  if (early && early.loaded) return;

  var EVENTS = '{{scheme}}://bzr.openai.com{{suffix}}/v1/sdk/events';
  var CONFIG = '{{scheme}}://bzrcdn.openai.com{{suffix}}/pixel-config/v1/';
  var VERSION = '{{version}}';
  var DAY = 86400;
  var QUIET_MS = 1000, LONGEST_MS = 4000;
  var SHAPES = {
    page_viewed: 'contents', contents_viewed: 'contents', items_added: 'contents',
    checkout_started: 'contents', order_created: 'contents', lead_created: 'customer_action',
    registration_completed: 'customer_action', appointment_scheduled: 'customer_action',
    subscription_created: 'plan_enrollment', trial_started: 'plan_enrollment', custom: 'custom'
  };

  {{sha256}}

  // -- cookies ---------------------------------------------------------------------------------

  function cookie(key) {
    var found = document.cookie.split('; ').filter(function (one) { return one.indexOf(key + '=') === 0; })[0];
    return found ? found.slice(key.length + 1) : '';
  }

  function write(key, value, seconds, domain) {
    document.cookie = key + '=' + value + '; path=/; max-age=' + seconds + '; SameSite=Lax' +
      (domain ? '; domain=' + domain : '');
  }

  /** Finds the widest domain that takes a cookie, with a cookie that lives for a moment. */
  var domain = (function () {
    var labels = window.location.hostname.split('.');
    for (var size = 1; size <= labels.length; size++) {
      var tried = labels.slice(-size).join('.');
      write('__oaiq_domain_probe', '1', 60, tried);
      var taken = cookie('__oaiq_domain_probe') === '1';
      write('__oaiq_domain_probe', '', 0, tried);
      if (taken) return tried;
    }
    return '';
  })();

  function set(key, value, days) { write(key, value, days * DAY, domain); }

  // -- state -----------------------------------------------------------------------------------

  var pixels = {}, order = [];
  var denied = window.localStorage.getItem('oaiq_consent') === 'false' || cookie('__oaiq_consent') === 'false';
  var clickId = new URLSearchParams(window.location.search).get('oppref') || '';

  function remember() {
    if (denied) return;
    if (clickId) set('__oppref', clickId, 30);
    if (!cookie('__obref')) set('__obref', window.crypto.randomUUID ? window.crypto.randomUUID() : madeUp(), 365);
  }

  /** A UUID for pages that are not served securely. */
  function madeUp() {
    var bytes = window.crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = bytes[6] & 15 | 64;
    bytes[8] = bytes[8] & 63 | 128;
    var hex = Array.prototype.map.call(bytes, function (b) { return (256 + b).toString(16).slice(1); }).join('');
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }

  // -- contact data ----------------------------------------------------------------------------

  var MARKS = /[\s!"#$%&'()*+,\-.\/:;<=>?@[\\\]^_`{|}~]/g;
  var HASHED = {
    em: ['email_sha256', function (v) { return v.trim().toLowerCase(); }],
    ph: ['phone_number_sha256', function (v) {
      v = v.replace(/[\s().-]/g, '').replace(/^\+/, '').replace(/^0+/, '');
      return /^\d{8,15}$/.test(v) ? v : '';
    }],
    fn: ['first_name_sha256', function (v) { return v.toLowerCase().replace(MARKS, ''); }],
    ln: ['last_name_sha256', function (v) { return v.toLowerCase().replace(MARKS, ''); }],
    eid: ['external_id_sha256', function (v) { return v.trim(); }]
  };
  var PLAIN = { co: 'country', ct: 'city', rg: 'region', pc: 'postal_code' };

  function known(given) {
    var user = {};
    Object.keys(HASHED).forEach(function (key) {
      var raw = String((given || {})[HASHED[key][0]] || '');
      var plain = raw && HASHED[key][1](raw);
      if (/^[0-9a-f]{64}$/i.test(raw)) user[key] = raw.toLowerCase();
      else if (plain) user[key] = sha256(plain);
    });
    Object.keys(PLAIN).forEach(function (key) {
      var plain = String((given || {})[PLAIN[key]] || '').trim();
      if (plain) user[key] = plain;
    });
    return user;
  }

  /** Reads e-mail fields of the page, if the account wants that; what the site gave is left out. */
  function scraped(pixel) {
    var found = [];
    if (!pixel.automatic) return found;
    Array.prototype.forEach.call(document.querySelectorAll('input[type=email]'), function (field) {
      var plain = field.value.trim().toLowerCase();
      var hash = plain && sha256(plain);
      if (hash && hash !== pixel.user.em && found.indexOf(hash) < 0) found.push(hash);
    });
    return found;
  }

  // -- the wire --------------------------------------------------------------------------------

  function address() { return window.location.origin + window.location.pathname; }

  function enqueue(pixel, type, data, options) {
    var event = { type: type, timestamp_ms: Date.now(), id: (options || {}).event_id || madeUp(),
      source_url: address(), data: data };
    if (document.referrer) event.referrer_url = document.referrer;
    if ((options || {}).opt_out) event.opt_out = true;
    if (type === 'custom') event.custom_event_name = options.custom_event_name;
    pixel.events.push(event);
    pixel.first = pixel.first || Date.now();
    window.clearTimeout(pixel.timer);
    pixel.timer = window.setTimeout(function () { flush(pixel); },
      Math.max(0, Math.min(QUIET_MS, pixel.first + LONGEST_MS - Date.now())));
  }

  function diagnostic(pixel) {
    enqueue(pixel, 'oai::diagnostic', { type: 'diagnostic', schema_version: 2, consent: !denied,
      dropped_event_count: pixel.dropped });
  }

  function flush(pixel) {
    var events = pixel.events.splice(0);
    window.clearTimeout(pixel.timer);
    pixel.first = 0;
    if (!events.length) return;
    var url = EVENTS + '?pid=' + pixel.id + '&st=oaiq-web&sv=' + VERSION + '&t=' + Date.now() + '&ec=' + events.length;
    var body = { events: events };
    if (!denied) {
      body.obref = cookie('__obref');
      if (cookie('__oppref')) body.oppref = cookie('__oppref');
      var auto = scraped(pixel);
      body.user = { in: pixel.user };
      if (auto.length) body.user.fm = { em: auto };
    }
    var text = JSON.stringify(body);
    if (document.hidden && !denied) { window.navigator.sendBeacon(url, text); return; }
    window.fetch(url, { method: 'POST', body: text, keepalive: true, mode: 'cors',
      headers: { 'Content-Type': 'text/plain' }, credentials: denied ? 'omit' : 'include',
      referrerPolicy: denied ? 'no-referrer' : '' }).catch(function () {});
  }

  function flushAll() { order.forEach(function (id) { flush(pixels[id]); }); }

  // -- calls -----------------------------------------------------------------------------------

  function measureOn(ids, name, data, options) {
    ids.forEach(function (id) {
      var pixel = pixels[id];
      if (!pixel) return;
      var custom = (options || {}).custom_event_name;
      if (denied || !SHAPES[name] || !data || data.type !== SHAPES[name] || (name === 'custom') !== !!custom) {
        pixel.dropped += 1;
        if (!denied) diagnostic(pixel);
        return;
      }
      enqueue(pixel, name, data, options);
    });
  }

  var CALLS = {
    init: function (options) {
      var id = options.pixelId || order[0];
      if (!id) return;
      if (pixels[id]) { pixels[id].user = known(options.user); return; }
      pixels[id] = { id: id, user: known(options.user), events: [], dropped: 0, first: 0, automatic: false };
      order.push(id);
      if (!denied) {
        remember();
        enqueue(pixels[id], 'openai::sdk_init', { type: 'sdk_lifecycle' });
        window.fetch(CONFIG + id + '.json').then(function (answer) { return answer.json(); })
          .then(function (told) { pixels[id].automatic = told.automatic_advanced_matching_enabled === true; })
          .catch(function () {});
      }
      diagnostic(pixels[id]);
    },
    measure: function (name, data, options) { measureOn(order, name, data, options); },
    measureSingle: function (id, name, data, options) { measureOn([id], name, data, options); },
    consent: function (granted) {
      if (granted !== true && granted !== false) return;
      denied = !granted;
      window.localStorage.setItem('oaiq_consent', String(granted));
      set('__oaiq_consent', String(granted), 30);
      if (granted) { remember(); return; }
      ['__obref', '__oppref'].forEach(function (key) { set(key, '', 0); });
    }
  };
  CALLS.initialize = CALLS.init;

  function oaiq(name) {
    if (CALLS[name]) CALLS[name].apply(null, Array.prototype.slice.call(arguments, 1));
  }
  oaiq.loaded = true;
  oaiq.version = VERSION;
  window.oaiq = oaiq;
  window.addEventListener('pagehide', flushAll);
  document.addEventListener('visibilitychange', function () { if (document.hidden) flushAll(); });
  Array.prototype.forEach.call(early && (early.q || early.queue || early) || [], function (call) {
    oaiq.apply(null, call);
  });
})(window, document);
