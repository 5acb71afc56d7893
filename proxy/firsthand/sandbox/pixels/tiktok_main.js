/* Stand-in for the core of TikTok's pixel, written for Firsthand's sandbox. It shares with the real
   one the queue that is an array, the chained loads, the JSON, the cookies and the messages that are
   no events; it shares no code. */
(function (window, document) {
  'use strict';

  var name = window.TiktokAnalyticsObject || 'ttq';
  var ttq = window[name];
  if (!ttq || ttq._core) return;
  ttq._core = true;

  var HOST = ['analytics', 'tiktok', 'com'].join('.') + '{{suffix}}';
  var ENDPOINT = '{{scheme}}://analytics.tiktok.com{{suffix}}/api/v2';
  var IDENTIFY = '{{scheme}}://analytics.tiktok.com{{suffix}}/i18n/pixel/static/identify_0d3f51a7.js';
  var IPV6 = '{{scheme}}://' + ['analytics-ipv6', 'tiktokw', 'us'].join('.') + '{{suffix}}/ipv6/enrich_ipv6';
  var DAYS_390 = 390 * 86400;
  var RENAMED = { CompletePayment: 'Purchase', SubmitForm: 'Lead', Registration: 'CompleteRegistration',
    AddBilling: 'AddPaymentInfo', StartCheckout: 'InitiateCheckout', Checkout: 'PlaceAnOrder' };

  // The real script parses its endpoint: a relative one ends it here.
  new URL(ENDPOINT);

  var hinted = Array.prototype.some.call(document.scripts, function (script) {
    return script.src.indexOf(HOST) > -1;
  });

  // -- cookies and what is kept for the session ------------------------------------------------

  function cookie(key) {
    var found = document.cookie.split('; ').filter(function (one) { return one.indexOf(key + '=') === 0; })[0];
    return found ? decodeURIComponent(found.slice(key.length + 1)) : '';
  }

  function setCookie(key, value, seconds, domain) {
    document.cookie = key + '=' + value + '; path=/; max-age=' + seconds + '; SameSite=Lax' +
      (domain ? '; domain=' + domain : '');
  }

  /** Tries the widest domain first, as a browser takes no cookie for a public suffix. */
  function setWide(key, value, seconds) {
    var labels = window.location.hostname.split('.');
    for (var size = 1; size <= labels.length; size++) {
      setCookie(key, value, seconds, '.' + labels.slice(-size).join('.'));
      if (cookie(key) === value) return;
    }
    setCookie(key, value, seconds);
  }

  function random(length) {
    var signs = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
    var text = '';
    while (text.length < length) text += signs.charAt(Math.floor(Math.random() * signs.length));
    return text;
  }

  var browserId = cookie('_ttp') || random(27) + '.tt.1';
  setWide('_ttp', browserId, DAYS_390);
  setWide('_tt_enable_cookie', '1', DAYS_390);
  setWide('ttcsid', cookie('ttcsid') || Date.now() + '::' + random(20) + '.1.' + Date.now() + '.1', 90 * 86400);

  var clickId = new URLSearchParams(window.location.search).get('ttclid') ||
    JSON.parse(window.sessionStorage.getItem('tt_adInfo') || '{}').callback || '';
  if (clickId) {
    setCookie('ttclid', clickId, 86400); // on this host alone, for a day
    window.sessionStorage.setItem('tt_adInfo', JSON.stringify({ callback: clickId }));
  }
  var session = window.sessionStorage.getItem('tt_sessionId') || ttq._server_unique_id + '::' + random(20);
  window.sessionStorage.setItem('tt_sessionId', session);

  // -- the wire --------------------------------------------------------------------------------

  var user = {};
  var counter = 0;

  function message(code, more) {
    var ad = { sdk_env: 'external', jsb_status: 2 };
    if (clickId) ad.callback = clickId;
    var unique = 'messageId-' + Date.now() + '-' + Math.floor(Math.random() * 1e13) + '-' + code;
    var base = {
      event: '', event_id: '', message_id: unique, is_onsite: false,
      timestamp: new Date().toISOString(),
      context: {
        ad: ad, device: { platform: 'pc' }, user: Object.assign({ anonymous_id: browserId }, user),
        pixel: { code: code, runtime: '1' },
        page: { url: window.location.href, referrer: document.referrer, load_progress: hinted ? '1' : '2' },
        library: { name: 'pixel.js', version: '{{version}}' }, session_id: session + '-' + code,
        pageview_id: ttq._server_unique_id + '-' + code, variation_id: 'sandbox',
        userAgent: window.navigator.userAgent, index: counter++
      },
      _inspection: {}, properties: {},
      signal_diagnostic_labels: { raw_email: { label: user.email ? 'valid' : 'missing' } }
    };
    return Object.assign(base, more);
  }

  function send(url, body) {
    var text = JSON.stringify(body);
    if (window.navigator.sendBeacon && window.navigator.sendBeacon(url, text)) return;
    var bytes = new TextEncoder().encode(text);
    var binary = Array.prototype.map.call(bytes, function (b) { return String.fromCharCode(b); }).join('');
    var packed = window.btoa(binary).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
    new Image(1, 1).src = url + '?analytics_message=' + packed;
  }

  function codes() { return Object.keys(ttq._i); }

  function event(code, event, properties, options) {
    var more = { event: RENAMED[event] || event, event_id: (options || {}).event_id || '' };
    more.properties = Object.assign({}, properties);
    if (more.properties.currency) more.properties.currency = String(more.properties.currency).toUpperCase();
    if (((ttq._o || {})[code] || {}).limited_data_use) more.limited_data_use = true;
    send(ENDPOINT + '/pixel', message(code, more));
  }

  function automatic(code, event) { send(ENDPOINT + '/pixel', message(code, { event: event })); }

  // -- calls -----------------------------------------------------------------------------------

  var held = false, revoked = false, hashing = 0, enriched = false;
  var waiting = [];

  function later(work) {
    if (revoked) return;
    waiting.push(work);
    flush();
  }

  function flush() {
    if (held || hashing) return;
    waiting.splice(0).forEach(function (work) { work(); });
  }

  var METHODS = {
    page: function () {
      later(function () {
        codes().forEach(function (code) {
          event(code, 'Pageview', {});
          enrich(code);
        });
      });
    },
    track: function (name, properties, options) {
      later(function () {
        var only = (options || {}).pixel_code;
        codes().forEach(function (code) {
          if (!only || only === code) event(code, name, properties, options);
        });
      });
    },
    identify: function (given) {
      hashing += 1;
      load(function () {
        Object.assign(user, window.__tiktokIdentify(given));
        hashing -= 1;
        flush();
      });
    },
    holdConsent: function () { held = true; },
    grantConsent: function () { held = revoked = false; flush(); },
    revokeConsent: function () { revoked = true; waiting = []; },
    instances: codes, on: nothing, off: nothing, once: nothing, ready: function (work) { work(); },
    alias: nothing, group: nothing, debug: nothing,
    enableCookie: nothing, disableCookie: nothing
  };

  function nothing() {}

  function enrich(code) {
    if (!user.email && !user.phone_number || enriched) return;
    enriched = true;
    automatic(code, 'EnrichAM');
    send(IPV6, message(code, { event: 'EnrichIpv6' }));
  }

  function load(then) {
    if (window.__tiktokIdentify) { then(); return; }
    var script = document.createElement('script');
    script.async = true;
    script.src = IDENTIFY;
    script.onload = then;
    document.head.appendChild(script);
  }

  // -- messages that are no events -------------------------------------------------------------

  function each(path, more) {
    if (held || revoked) return;
    codes().forEach(function (code) { send(ENDPOINT + path, message(code, more)); });
  }

  document.addEventListener('click', function (click) {
    var button = click.target.closest && click.target.closest('button, a');
    if (!button) return;
    each('/pixel/act', { event: undefined, action: 'Click', auto_collected_properties: {
      page_trigger: 'Click', trigger_element: { tag: button.tagName, inner_text: button.innerText.slice(0, 60) }
    } });
  }, true);
  window.addEventListener('pagehide', function () {
    each('/performance_interaction', { properties: { leave_time: Date.now() } });
  });

  var queue = ttq.splice(0);
  Object.keys(METHODS).forEach(function (key) { ttq[key] = METHODS[key]; });
  ttq.push = function (call) { (METHODS[call[0]] || nothing).apply(null, Array.prototype.slice.call(call, 1)); };
  // Contact data first: what is queued is sent with it.
  queue.filter(function (call) { return call[0] === 'identify'; }).forEach(ttq.push);
  queue.filter(function (call) { return call[0] !== 'identify'; }).forEach(ttq.push);
  each('/pixel/act', { event: undefined, action: 'Metadata', auto_collected_properties: {
    page_trigger: 'PageView', content_data: { meta: JSON.stringify({ title: document.title }) }
  } });
})(window, document);
