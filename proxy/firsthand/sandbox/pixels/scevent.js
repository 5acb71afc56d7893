/* Stand-in for Snap's pixel script, written for Firsthand's sandbox. It shares with the real one the
   queue, the addresses joined at run time, the look at its own address, the chained configuration, the
   batches of JSON sent as text, the hidden records in its cookies and the telemetry; it shares no code. */
(function (window, document) {
  'use strict';

  {{sha256}}

  var snaptr = window.snaptr;
  if (!snaptr || snaptr.handleRequest) return;

  var SCHEME = '{{scheme}}:';
  var SUFFIX = '{{suffix}}';
  var VERSION = '3.53.5-2512082216';
  var OWN_HOST = 'sc-static.net' + SUFFIX;
  var FLUSH_MS = 200;
  var LIFE_S = 395 * 24 * 60 * 60;
  var CONFIG_MS = 5000;
  var AUTOMATIC_MS = 4000;

  function at(name) { return [SCHEME, '', [name].concat('snapchat.com').join('.') + SUFFIX].join('/'); }
  function beaconHost(six) {
    var shadow = window.localStorage.getItem('_scShadow') === '1';
    return at('tr' + (six ? '6' : shadow ? '-shadow' : ''));
  }

  // Served from elsewhere as a file, the script takes itself for a gateway and asks that host. Where it
  // was served from it reads from a stack.
  var own = /(https?:\/\/([^/\s]+))\/\S*\.js:\d+:\d+/.exec(new Error().stack);
  var configHost = own && own[2] !== OWN_HOST ? own[1] : at('tr');

  // -- ids -----------------------------------------------------------------------------------

  var KEY = Array.prototype.map.call('536e617063686174', function (d) { return parseInt(d, 16); });
  var HIDDEN = [[0, 4, 32], [16, 2, 18], [20, 2, 22], [36, 12, 4], [48, 8, 24]];
  var TYPES = { click: 1, person: 3 };

  function hex(number, digits) { return ('0'.repeat(digits) + number.toString(16)).slice(-digits); }
  function values(text) {
    return Array.prototype.map.call(text, function (digit) { return parseInt(digit, 16); });
  }

  function record(type, uuid) {
    var rest = hex(32 + type, 2) + uuid.replace(/-/g, '') + hex(Date.now(), 12);
    var sum = values(rest).reduce(function (a, b) { return a + b; }, 0);
    var digits = values(hex(sum % 256, 2) + rest);
    HIDDEN.forEach(function (range) {
      for (var i = 0; i < range[1] && range[0] < digits.length; i++) {
        var place = range[0] + i;
        digits[place] = (digits[place] + KEY[i % 16] + digits[range[2] + i] + i + 7) % 16;
      }
    });
    return base64(digits);
  }

  function base64(digits) {
    var bytes = '';
    for (var i = 0; i < digits.length; i += 2) {
      bytes += String.fromCharCode(digits[i] * 16 + digits[i + 1]);
    }
    return window.btoa(bytes).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  }

  function uuidIn(cookie) {
    if (cookie.length !== 32) return '';
    var digits = [];
    Array.prototype.forEach.call(window.atob(cookie.replace(/-/g, '+').replace(/_/g, '/')), function (c) {
      digits.push(c.charCodeAt(0) >> 4, c.charCodeAt(0) & 15);
    });
    HIDDEN.forEach(function (range) {
      for (var i = 0; i < range[1] && range[0] < digits.length; i++) {
        var place = range[0] + i;
        digits[place] = (digits[place] + 64 - KEY[i % 16] - digits[range[2] + i] - i % 16 - 7) % 16;
      }
    });
    var text = digits.map(function (d) { return hex((d + 16) % 16, 1); }).join('').slice(4, 36);
    return text.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }

  function uuid() {
    var bytes = window.crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = bytes[6] & 15 | 64;
    bytes[8] = bytes[8] & 63 | 128;
    var text = Array.prototype.map.call(bytes, function (b) { return hex(b, 2); }).join('');
    return text.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }

  function read(name) {
    var found = document.cookie.split('; ').find(function (part) {
      return part.indexOf(name + '=') === 0;
    });
    return found ? found.slice(name.length + 1) : '';
  }

  function write(name, value) {
    var labels = window.location.hostname.split('.');
    for (var n = 1; n <= labels.length; n++) {
      document.cookie = name + '=' + value + '; path=/; domain=' + labels.slice(-n).join('.') +
        '; max-age=' + LIFE_S + '; SameSite=Lax';
      if (read(name) === value) return;
    }
  }

  var UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
  function person() {
    var old = read('_scid');
    var known = UUID.test(old) ? old : uuidIn(old);
    if (UUID.test(known)) return known;
    var fresh = uuid();
    write('_scid', record(TYPES.person, fresh));
    write('_scid_r', record(TYPES.person, fresh));
    return fresh;
  }

  function click() {
    var found = /[?&]sccid=([^&#]+)/i.exec(window.location.href) || /[?&]sccid=([^&#]+)/i.exec(document.referrer);
    if (found && UUID.test(found[1])) {
      write('_scsrid', record(TYPES.click, found[1]));
      return { id: found[1], source: 2 };
    }
    var kept = uuidIn(read('_scsrid'));
    return UUID.test(kept) ? { id: kept, source: 7 } : null;
  }

  function stored(storage, name) {
    var kept = storage.getItem(name) || uuid();
    storage.setItem(name, kept);
    return kept;
  }

  // -- options -------------------------------------------------------------------------------

  var NAMES = ('ADD_BILLING ADD_CART ADD_TO_WISHLIST LIST_VIEW LOGIN PAGE_VIEW PURCHASE SEARCH SIGN_UP ' +
    'START_CHECKOUT SUBSCRIBE VIEW_CART VIEW_CONTENT').split(' ');
  var WIRE = { clientdedupid: 'cdid', clientdeduplicationid: 'cdid', price: 'e_pr', currency: 'e_cur',
    transactionid: 'e_tid', itemids: 'e_iids', itemcategory: 'e_ic', numberitems: 'e_ni',
    description: 'e_desc', searchstring: 'e_ss', signupmethod: 'e_sm', brands: 'e_bds', datause: 'du',
    value: 'value', contents: 'contents', contentids: 'content_ids', numitems: 'num_items' };
  var HASHED = { useremail: 'u_hem', em: 'em', userphonenumber: 'u_hpn', ph: 'ph', firstname: 'u_fn',
    lastname: 'u_ln', geocity: 'l_city', georegion: 'l_gr', geocountry: 'l_gc', geopostalcode: 'l_gpc' };

  function squeezed(name) { return name.toLowerCase().replace(/[\s_-]/g, ''); }

  function hashed(wire, value) {
    var raw = String(value).trim().toLowerCase();
    if (/^[0-9a-f]{64}$/.test(raw)) return raw;
    if (wire === 'u_hpn' || wire === 'ph') return sha256(raw.replace(/\W/g, ''));
    var wrong = (wire === 'u_hem' || wire === 'em') && !/^\S+@\S+\.\S+$/.test(raw);
    return (wrong ? 'FFF' : '') + sha256(raw);
  }

  function wired(options) {
    var result = {};
    Object.keys(options || {}).forEach(function (name) {
      var key = squeezed(name);
      var value = options[name];
      if (value === undefined || value === null || value === '') return;
      if (HASHED[key]) result[HASHED[key]] = hashed(HASHED[key], value);
      else if (WIRE[key]) result[WIRE[key]] = value;
    });
    if (result.u_hem && result.u_hem.length === 64 && options.user_email) {
      result.u_hed = sha256(String(options.user_email).trim().toLowerCase().split('@')[1] || '');
    }
    return result;
  }

  function standard(name) {
    return NAMES.find(function (each) { return squeezed(each) === squeezed(name); }) || name;
  }

  // -- the wire ------------------------------------------------------------------------------

  var pixels = {};
  var order = [];
  var waiting = [];
  var life = uuid();
  var visitor = { c1: person(), click: click(), ls: stored(window.localStorage, 'u_sclid'),
    ss: stored(window.sessionStorage, 'u_scsid') };

  function put(item) {
    item.since = Date.now();
    waiting.push(item);
  }

  function context() {
    var ctx = { bt: '1d53c387', c1: visitor.c1, lc: life, ls: visitor.ls, r: uuid(),
      si: record(TYPES.person, visitor.c1), ss: visitor.ss, bg: document.hidden, df: true, 'if': window.top !== window,
      sh: window.screen.height, sw: window.screen.width, ua: window.navigator.userAgent,
      url: window.location.href, v: VERSION, a: [1, 2, 3], p: [4, 5], pv: 2, ts: Date.now(), huah: true };
    if (document.referrer) ctx.rf = document.referrer;
    if (visitor.click) { ctx.sr = visitor.click.id; ctx.srs = visitor.click.source; }
    return ctx;
  }

  function post(address, items) {
    if (!items.length) return;
    var body = JSON.stringify({ ctx: context(), req: items.map(function (item) {
      var told = { del: Date.now() - item.since };
      told[item.kind] = item.about;
      return told;
    }), u_scsid: visitor.ss });
    if (window.navigator.sendBeacon && window.navigator.sendBeacon(address, body)) return;
    var request = new XMLHttpRequest();
    request.open('POST', address);
    request.withCredentials = true;
    request.setRequestHeader('Content-Type', 'application/json');
    request.send(body);
  }

  function ready(item) {
    return (item.about.pids || [item.about.pid]).every(function (pid) { return pixels[pid].config; });
  }

  function flush() {
    var now = waiting.filter(ready);
    waiting = waiting.filter(function (item) { return !ready(item); });
    post(beaconHost(false) + '/p', now.filter(function (item) { return item.kind !== 'i'; }));
    post(beaconHost(true) + '/p', now.filter(function (item) { return item.kind === 'i'; }));
  }
  window.setInterval(flush, FLUSH_MS);
  window.addEventListener('pagehide', flush);

  // -- configuration -------------------------------------------------------------------------

  function loadConfig(pid, host) {
    var script = document.createElement('script');
    script.async = true;
    script.src = host + '/config/' + window.location.hostname.split('.').pop() + '/' + pid + '.js?v=' + VERSION;
    script.onerror = function () {
      if (host !== at('tr')) loadConfig(pid, at('tr'));
      else configured(pid, { a: ['PII'], b: ['ERR'] });
    };
    document.head.appendChild(script);
  }

  function configured(pid, config) {
    var pixel = pixels[pid];
    if (!pixel || pixel.config) return;
    pixel.config = config;
    if (config.b.indexOf('IP6') < 0) put({ kind: 'i', about: { pids: [pid] } });
    if (config.b.indexOf('MD') < 0) {
      put({ kind: 'md', about: { md: [{ tagProtocol: 5, tagData: { title: document.title } }], pids: [pid] } });
    }
    if (config.b.indexOf('APV') < 0) window.setTimeout(function () {
      if (!pixel.spoke) track(pid, 'PAGE_VIEW', { ae: true, rt: 8, cdid: '@-' + uuid() });
    }, AUTOMATIC_MS);
  }

  function matchCookies(pid) {
    var frame = document.createElement('iframe');
    frame.style.display = 'none';
    frame.src = at('tr') + '/cm/i?pid=' + pid + '&u_scsid=' + visitor.ss + '&u_sclid=' + visitor.ls;
    document.documentElement.appendChild(frame);
    write('_sctr', '1|' + new Date().setHours(0, 0, 0, 0));
  }

  // What a visitor types into a form is read although no site asked for it.
  document.addEventListener('change', function (event) {
    var field = event.target;
    var pids = order.filter(function (pid) { return (pixels[pid].config || { a: [] }).a.indexOf('PII') >= 0; });
    if (field.type !== 'email' || !pids.length || !/^\S+@\S+\.\S+$/.test(field.value)) return;
    put({ kind: 'pc', about: { av: 5, pids: pids, u_hems: sha256(field.value.trim().toLowerCase()) } });
  }, true);

  // -- calls ---------------------------------------------------------------------------------

  function track(pid, name, options) {
    pixels[pid].spoke = true;
    put({ kind: 't', about: Object.assign({ pid: pid, ev: name }, pixels[pid].user, { u_c1: visitor.c1 },
      options, { u_sclid: visitor.ls, u_scsid: visitor.ss }) });
  }

  var CALLS = {
    init: function (pid, user) {
      if (pixels[pid]) return;
      pixels[pid] = { user: wired(user), config: null, spoke: false };
      order.push(pid);
      loadConfig(pid, configHost);
      window.setTimeout(function () { configured(pid, { a: ['PII'], b: ['ERR'] }); }, CONFIG_MS);
      if (!read('_sctr')) matchCookies(pid);
    },
    track: function (name, options) {
      order.forEach(function (pid) { track(pid, standard(name), wired(options)); });
    }
  };

  snaptr.cfg = configured;
  snaptr.context = context;
  snaptr.handleRequest = function (name) {
    if (CALLS[name]) CALLS[name].apply(null, Array.prototype.slice.call(arguments, 1));
  };
  (snaptr.queue || []).splice(0).forEach(function (call) { snaptr.handleRequest.apply(null, call); });
})(window, document);
