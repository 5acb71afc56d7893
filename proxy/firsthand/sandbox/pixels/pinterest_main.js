/* Stand-in for Pinterest's tag, written for Firsthand's sandbox. It shares with the real one the
   queue, the addresses, the wire format, the order of its requests and the habits that break careless
   re-hosting; it shares no code. */
(function (window, document) {
  'use strict';

  var pintrk = window.pintrk;
  if (!pintrk || pintrk.tagLoaded) return;
  pintrk.tagLoaded = true;

  {{sha256}}

  var BASE = '{{scheme}}://ct.pinterest.com{{suffix}}';
  var BUILD = '{{build}}';
  var SHORT_URL = 2048;
  var LIFE = 365 * 24 * 60 * 60;
  var HASH = /^([0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})$/i;
  var ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]{2,}$/;
  var COOKIES = { epik: '_epik', derived_epik: '_derived_epik', pin_unauth: '_pin_unauth' };

  var tag = '';
  var person = {};
  var config = null; // what the answer of /user/ says; until then events wait
  var asking = false;
  var waiting = [];
  var consent = true;

  // -- cookies -------------------------------------------------------------------------------

  function read(name) {
    var found = document.cookie.split('; ').find(function (part) { return part.indexOf(name + '=') === 0; });
    return found ? found.slice(name.length + 1) : '';
  }

  function write(name, value, life) {
    document.cookie = name + '=' + value + '; path=/; max-age=' + life +
      '; domain=.' + window.location.hostname.replace(/^www\./, '');
  }

  function rememberClick() {
    var click = new URLSearchParams(window.location.search).get('epik');
    if (click) write(COOKIES.epik, click, LIFE);
  }

  // -- contact data --------------------------------------------------------------------------

  function hashed(value) {
    var plain = String(value).trim().toLowerCase();
    return HASH.test(plain) ? plain : sha256(plain);
  }

  function merge(data) {
    Object.keys(data || {}).forEach(function (key) {
      var value = data[key];
      if (value === undefined || value === null || value === '') return;
      person[key] = /^(opt_out_type|np|tm)$/.test(key) ? value
        : Array.isArray(value) ? value.map(hashed) : hashed(value);
    });
  }

  // Whether the site wants it or not, an address in a form of the page is used too.
  function fromForms(data) {
    var input = document.querySelector('input[type=email]');
    if (!input || !ADDRESS.test(input.value.trim())) return;
    data.aem = hashed(input.value);
    data.aem_eligible_list = ['em'];
  }

  function partnerData() {
    var data = Object.assign({}, person);
    Object.keys(COOKIES).forEach(function (key) {
      if (read(COOKIES[key])) data[key] = read(COOKIES[key]);
    });
    fromForms(data);
    return data;
  }

  // -- events --------------------------------------------------------------------------------

  function prepared(given) {
    if (!given) return null;
    var data = Object.assign({}, given);
    if (!data.event_id && !data.eventID && !data.eid) data.event_id = window.crypto.randomUUID();
    if (data.value !== undefined) data.value = Number(data.value);
    if (data.external_id) { merge({ external_id: data.external_id }); delete data.external_id; }
    Object.keys(data).forEach(function (key) {
      if (typeof data[key] === 'string' && ADDRESS.test(data[key].trim())) data[key] = hashed(data[key]);
    });
    return data;
  }

  function autoData() {
    var nav = window.navigator.userAgentData || {};
    return { loc: window.location.href, ref: document.referrer, 'if': window.top !== window,
      sh: window.screen.height, sw: window.screen.width, mh: BUILD, is_eu: !!(config || {}).isEu,
      epikDataSource: read(COOKIES.epik) ? 'fpc' : '', brands: nav.brands || [], mobile: !!nav.mobile,
      platform: nav.platform || '', ecm_enabled: false };
  }

  function parameters(event, whole) {
    var list = [];
    function put(name, value) {
      if (value === null || value === undefined || value === '') return;
      list.push(name + '=' + encodeURIComponent(typeof value === 'object' ? JSON.stringify(value) : value));
    }
    if (event.name !== 'init') { put('event', event.name); put('ed', event.data); }
    put('tid', event.tag || tag);
    put('ov', event.options);
    put('pd', partnerData());
    if (event.name === 'init' && whole) put('event', 'init');
    if (whole) put('ad', autoData());
    put('cb', Date.now());
    if (!whole) put('dep', '2,PAGE_LOAD');
    return list.join('&');
  }

  function enqueue(event) {
    if (!consent) { if (event.callback) event.callback(false, 'No consent'); return; }
    if (config) { send(event); return; }
    waiting.push(event);
    if (!asking) ask(event);
  }

  // The first event goes with the question who this is; it is an event only when it comes again.
  function ask(event) {
    asking = true;
    var request = new XMLHttpRequest();
    request.open('GET', BASE + '/user/?' + parameters(event, false), true);
    request.withCredentials = true;
    request.setRequestHeader('Accept', 'application/json');
    request.onreadystatechange = function () {
      if (request.readyState !== 4) return;
      asking = false;
      if (request.status !== 200) { report('user ' + request.status); return; }
      try { config = JSON.parse(request.responseText); } catch (error) { report('user answer'); return; }
      learn(request);
      waiting.splice(0).forEach(send);
      describe();
    };
    request.send();
  }

  function learn(request) {
    [['Pin-Unauth', COOKIES.pin_unauth], ['Epik', COOKIES.derived_epik]].forEach(function (pair) {
      var told = request.getResponseHeader(pair[0]);
      if (told && told !== 'empty') write(pair[1], told, LIFE);
    });
    if (config.frame) openFrame();
  }

  function send(event) {
    var query = parameters(event, true);
    var url = BASE + '/v3/?' + query;
    var sent = url.length < SHORT_URL
      ? window.fetch(url, { credentials: 'include' })
      : window.fetch(BASE + '/v3/', { method: 'POST', credentials: 'include', body: query,
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });
    sent.then(function () { if (event.callback) event.callback(true); }, function () { report('v3'); });
  }

  // What the page says of itself, once; and what went wrong, at once.
  function describe() {
    window.fetch(BASE + '/md/', { method: 'POST', credentials: 'include',
      body: JSON.stringify({ tid: tag, title: document.title, url: window.location.href }) }).catch(function () {});
  }

  function report(what) {
    var request = new XMLHttpRequest();
    request.open('POST', BASE + '/stats/', false);
    try { request.send(JSON.stringify({ tid: tag, error: what })); } catch (error) { /* as the real one */ }
  }

  // -- the frame -----------------------------------------------------------------------------

  function openFrame() {
    var frame = document.createElement('iframe');
    frame.style.display = 'none';
    frame.src = BASE + '/ct.html';
    window.addEventListener('message', function (event) {
      if (event.origin !== '{{scheme}}://ct.pinterest.com{{suffix}}') return;
      pintrk.frame = event.data;
    });
    (document.body || document.documentElement).appendChild(frame);
  }

  // -- commands ------------------------------------------------------------------------------

  var COMMANDS = {
    load: function (id, data) { tag = String(id); pintrk.tagId = tag; merge(data); rememberClick(); },
    page: function (options) { enqueue({ name: 'init', options: options }); },
    track: function (name, data, callback, id) {
      enqueue({ name: name, data: prepared(data), callback: callback, tag: id && String(id) });
    },
    set: merge,
    setconsent: function (allowed) {
      consent = allowed !== false;
      if (consent) return;
      waiting = [];
      Object.keys(COOKIES).forEach(function (key) { write(COOKIES[key], '', 0); });
    }
  };

  pintrk.queue.push = function (call) {
    var command = COMMANDS[call[0]];
    if (command) command.apply(null, Array.prototype.slice.call(call, 1));
    return 0;
  };
  pintrk.queue.splice(0).forEach(function (call) { pintrk.queue.push(call); });
})(window, document);
