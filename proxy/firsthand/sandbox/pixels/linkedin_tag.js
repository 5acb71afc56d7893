/* Stand-in for LinkedIn's Insight Tag, written for Firsthand's sandbox. It shares with the real one
   the queue, the addresses, the wire format and the telemetry beside it; it shares no code. */
(function (window, document) {
  'use strict';

  {{sha256}}

  var DOMAIN = ['linkedin', 'com'].join('.');
  var HOST = 'px.ads.' + DOMAIN;
  var BASE = '{{scheme}}://' + HOST + '{{suffix}}';
  var VERSION = 311;
  var PACKED = '{{packed}}' === 'yes';
  var DAY = 24 * 60 * 60;
  var UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

  var person = { hem: null };
  var old = window.lintrk;
  var queue = (old && old.q) || [];

  // Whoever edits the host above in this file's text ends here.
  if (HOST.split('.').slice(-2).join('.') !== DOMAIN) throw new Error('Unknown host ' + HOST);

  // -- ids -----------------------------------------------------------------------------------

  function read(name) {
    var found = document.cookie.split('; ').find(function (part) { return part.indexOf(name + '=') === 0; });
    return found ? found.slice(name.length + 1) : '';
  }

  function write(name, value, life) {
    document.cookie = name + '=' + value + '; path=/; max-age=' + life + '; SameSite=Lax; domain=' +
      window.location.hostname.split('.').slice(-2).join('.');
  }

  function clickId() {
    var click = new URLSearchParams(window.location.search).get('li_fat_id');
    if (click && UUID.test(click)) write('li_fat_id', click, 30 * DAY);
    return read('li_fat_id');
  }

  function browserId() {
    try {
      var known = window.localStorage.getItem('li_adsId') || window.crypto.randomUUID();
      window.localStorage.setItem('li_adsId', known);
      return known;
    } catch (error) { return ''; }
  }

  function partners() {
    var ids = (window._linkedin_data_partner_ids || []).map(String);
    if (window._linkedin_partner_id) ids.push(String(window._linkedin_partner_id));
    return ids.filter(function (id, index) { return /^\d+$/.test(id) && ids.indexOf(id) === index; });
  }

  // -- the pixel -----------------------------------------------------------------------------

  var inFlight = [];
  function collect(more) {
    var list = [['v', 2], ['fmt', 'js'], ['pid', partners().join(',')], ['time', Date.now()],
      ['li_adsId', browserId()], ['li_fat_id', clickId()]].concat(more, [['url', window.location.href]]);
    var query = list.filter(function (pair) { return pair[1] !== '' && pair[1] !== undefined; })
      .map(function (pair) { return pair[0] + '=' + encodeURIComponent(pair[1]); }).join('&');
    var image = new Image(1, 1);
    image.onload = image.onerror = function () { inFlight.splice(inFlight.indexOf(image), 1); };
    inFlight.push(image);
    image.src = BASE + '/collect?' + query;
    return query;
  }

  function convert(options) {
    var query = collect([['conversionId', options.conversion_id], ['val', options.conversion_value],
      ['eventId', options.event_id || window._linkedin_event_id]]);
    window.fetch(BASE + '/attribution_trigger?' + query, { mode: 'no-cors', credentials: 'include',
      keepalive: true }).catch(function () {});
  }

  // -- website actions -----------------------------------------------------------------------

  function signal(type, more) {
    var told = JSON.stringify(Object.assign({ pids: partners().map(Number), scriptVersion: VERSION,
      time: Date.now(), domain: window.location.hostname, url: window.location.href,
      pageTitle: document.title, websiteSignalRequestId: window.crypto.randomUUID(), isTranslated: false,
      liFatId: clickId(), liGiant: read('li_giant'), misc: { psbState: 0 }, isLinkedInApp: false,
      hem: person.hem, signalType: type }, more));
    if (!PACKED) { post(told); return; }
    var packed = new Blob([told]).stream().pipeThrough(new window.CompressionStream('gzip'));
    new Response(packed).arrayBuffer().then(function (buffer) {
      post(window.btoa(String.fromCharCode.apply(null, new Uint8Array(buffer))));
    });
  }

  function post(body) {
    window.fetch(BASE + '/wa/?medium=fetch&fmt=g', { method: 'POST', body: body, credentials: 'include',
      keepalive: true, headers: { Accept: '*' } }).catch(function () {});
  }

  document.addEventListener('click', function (event) {
    var element = event.target.closest && event.target.closest('a, button, input');
    if (!element) return;
    signal('CLICK', { domAttributes: { id: element.id, tag: element.tagName.toLowerCase() },
      innerElements: [{ text: element.innerText || '' }], elementCrumbsTree: [], isFilteredByClient: false });
  }, true);

  // -- commands ------------------------------------------------------------------------------

  function command(name, options) {
    if (name === 'track' && options && options.conversion_id) convert(options);
    else if (name === 'track') view();
    else if (name === 'setUserData' && options && options.email) {
      person.hem = sha256(String(options.email).trim().toLowerCase());
    }
  }

  function view() {
    collect([]);
    signal('PAGE_VISIT');
  }

  window.lintrk = command;
  var held = queue.splice(0);
  held.filter(function (call) { return call[0] === 'setUserData'; }).forEach(function (call) {
    command(call[0], call[1]);
  });
  write('ln_or', window.btoa(JSON.stringify(partners().reduce(function (all, id) {
    all[id] = 'd';
    return all;
  }, {}))), DAY);
  if (!window._wait_for_lintrk) view();
  held.filter(function (call) { return call[0] !== 'setUserData'; }).forEach(function (call) {
    command(call[0], call[1]);
  });
})(window, document);
