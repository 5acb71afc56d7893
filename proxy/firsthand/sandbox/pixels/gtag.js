/* Stand-in for Google's tag, written for Firsthand's sandbox: the queue, the cookies, consent mode,
   the batched wire format and the addresses joined at run time are as Google's, the code is not. */
(function (window, document) {
  'use strict';

  var ID = '{{id}}';
  var SCHEME = '{{scheme}}:';
  var SUFFIX = '{{suffix}}';
  // A host inside a regular expression: putting a path before it makes this file a syntax error.
  var OWN_HOST = /^https?:\/\/www.googletagmanager.com{{suffix}}\/gtag/;
  var OWN_SOURCE = (document.currentScript || {}).src || '';

  var manager = window.google_tag_manager = window.google_tag_manager || {};
  if (!manager.rcb) manager.rcb = boot();
  manager[ID] = {};
  manager.rcb.arrived(ID);

  function boot() {
    var TWO_YEARS = 63072000;
    var SESSION_MS = 30 * 60 * 1000;
    var PURPOSES = ['ad_storage', 'analytics_storage', 'ad_user_data', 'ad_personalization'];
    var QUIET = ['send_to', 'send_page_view', 'event_callback', 'event_timeout', 'currency', 'items',
      'user_id', 'page_location', 'page_title', 'page_referrer', 'server_container_url',
      'transport_url', 'debug_mode', 'user_data'];
    var ITEM_KEYS = { item_id: 'id', item_name: 'nm', item_brand: 'br', item_category: 'ca',
      item_category2: 'c2', item_variant: 'va', price: 'pr', quantity: 'qt', discount: 'ds',
      coupon: 'cp', affiliation: 'af', item_list_name: 'ln', item_list_id: 'li', index: 'lp' };

    var layer = window.dataLayer = window.dataLayer || [];
    var present = {};
    var targets = {};
    var settings = {};
    var consent = { used: false, byDefault: {}, update: {}, heldUntil: 0 };
    var pageId = Date.now();
    var visibleSince = document.visibilityState === 'visible' ? Date.now() : 0;
    var engagedMs = 0;
    var timer = 0;

    function host(name, domain) { return [SCHEME, '', [name, domain].join('.') + SUFFIX].join('/'); }

    // -- commands ----------------------------------------------------------------------------

    var COMMANDS = {
      config: function (id, options) {
        if (!present[id]) return fetchTag(id, options);
        var known = targets[id];
        targets[id] = known || { id: id, hits: 0, pending: [], session: null };
        targets[id].options = options || {};
        if (!known && targets[id].options.send_page_view !== false) {
          enqueue(targets[id], 'page_view', targets[id].options, false);
        }
      },
      event: function (name, params) {
        var to = params && params.send_to ? [].concat(params.send_to) : Object.keys(targets);
        to.forEach(function (id) { if (targets[id]) enqueue(targets[id], name, params || {}, true); });
      },
      set: function (values) { if (typeof values === 'object') Object.assign(settings, values); },
      consent: function (kind, values) {
        consent.used = true;
        PURPOSES.forEach(function (purpose) {
          if (values[purpose]) consent[kind === 'default' ? 'byDefault' : 'update'][purpose] = values[purpose];
        });
        if (kind === 'default' && values.wait_for_update) {
          consent.heldUntil = Date.now() + values.wait_for_update;
        }
        if (kind === 'update') consent.heldUntil = 0;
        schedule();
      },
      get: function (id, field, callback) {
        var target = targets[id];
        if (!target || !callback) return;
        var session = visit(target);
        callback({ client_id: session.cid, session_id: session.sid, session_number: session.number }[field]);
      }
    };

    function run(entry) {
      // An arguments object is a command; anything else in the layer is not for this tag.
      if (!entry || Object.prototype.toString.call(entry) !== '[object Arguments]') return;
      var command = COMMANDS[entry[0]];
      if (command) command.apply(null, Array.prototype.slice.call(entry, 1));
    }

    var awaited = {};
    function fetchTag(id, options) {
      var first = !awaited[id];
      awaited[id] = options || {};
      if (!first) return;
      var script = document.createElement('script');
      script.async = true;
      script.src = host('www', 'googletagmanager.com') + '/gtag/js?id=' + encodeURIComponent(id) +
        '&l=dataLayer&cx=c&gtm=' + version();
      document.head.appendChild(script);
    }

    // -- cookies -----------------------------------------------------------------------------

    function read(name) {
      var found = document.cookie.split('; ').find(function (part) {
        return part.indexOf(name + '=') === 0;
      });
      return found ? found.slice(name.length + 1) : '';
    }

    function write(name, value) {
      var labels = window.location.hostname.split('.');
      for (var n = 1; n <= labels.length; n++) {
        document.cookie = name + '=' + value.replace('<labels>', n) + '; path=/; domain=' +
          labels.slice(-n).join('.') + '; max-age=' + TWO_YEARS + '; SameSite=Lax';
        if (read(name) === value.replace('<labels>', n)) return;
      }
    }

    function randomId() {
      return Math.floor(Math.random() * 2147483647) + '.' + Math.floor(Date.now() / 1000);
    }

    function storageAllowed() { return state('analytics_storage') !== 'denied'; }

    function visit(target) {
      if (!target.session || target.session.stored !== storageAllowed()) {
        target.session = storageAllowed() ? storedSession(target) : {
          stored: false, cid: randomId(), sid: Math.floor(pageId / 1000), number: 1, engaged: 0,
          firstVisit: true, fresh: true };
      }
      return target.session;
    }

    function storedSession(target) {
      var client = /^GA1\.\d(?:-\d+)?\.(\d+\.\d+)$/.exec(read('_ga'));
      var cookie = read(sessionCookie(target));
      var old = {};
      cookie.split('.').slice(2).join('.').split('$').forEach(function (part) {
        old[part.charAt(0)] = part.slice(1);
      });
      var alive = cookie.indexOf('GS2.') === 0 && Date.now() - 1000 * Number(old.t) < SESSION_MS;
      return {
        stored: true,
        cid: client ? client[1] : randomId(),
        sid: alive ? old.s : String(Math.floor(Date.now() / 1000)),
        number: alive ? Number(old.o) : Number(old.o || 0) + 1,
        engaged: alive ? 1 : 0,
        firstVisit: !client,
        fresh: !alive
      };
    }

    function sessionCookie(target) { return '_ga_' + target.id.replace(/^G-/, ''); }

    function remember(target, session) {
      if (!session.stored) return;
      var old = read('_ga');
      write('_ga', old.slice(-session.cid.length) === session.cid ? old : 'GA1.<labels>.' + session.cid);
      write(sessionCookie(target), 'GS2.1.' + ['s' + session.sid, 'o' + session.number,
        'g' + session.engaged, 't' + Math.floor(Date.now() / 1000), 'j60', 'l0', 'h0'].join('$'));
    }

    // -- consent mode ------------------------------------------------------------------------

    function state(purpose) { return consent.update[purpose] || consent.byDefault[purpose] || ''; }

    function digit(purpose) { return { granted: '1', denied: '0' }[state(purpose)] || '-'; }

    function letter(purpose) {
      var before = { granted: 't', denied: 'p' }[consent.byDefault[purpose]] || 'l';
      var after = consent.update[purpose];
      if (!after) return before;
      return { l: { granted: 'n', denied: 'm' }, p: { granted: 'r', denied: 'q' },
        t: { granted: 'v', denied: 'u' } }[before][after];
    }

    function consentFields() {
      var letters = PURPOSES.map(letter);
      var list = consent.used ? [['gcs', 'G1' + digit('ad_storage') + digit('analytics_storage')]] : [];
      var plain = letters.join('') === 'llll';
      list.push(['gcd', plain ? '13l3l3l3l1l1' :
        '13' + letters[0] + '3' + letters[1] + '3' + letters[2] + '2' + letters[3] + '5l1']);
      list.push(['npa', state('ad_personalization') === 'denied' ? '1' : '0'], ['dma', '0']);
      return list;
    }

    // -- the wire ----------------------------------------------------------------------------

    function version() { return '45je6b1v9137257703za20' + (OWN_HOST.test(OWN_SOURCE) ? '0' : '4'); }

    function enqueue(target, name, params, byCall) {
      target.pending.push({ name: name, params: params, byCall: byCall });
      schedule();
    }

    function schedule() {
      var pause = Math.max(0, consent.heldUntil - Date.now());
      window.clearTimeout(timer);
      timer = window.setTimeout(function () { flushAll(false); }, pause);
    }

    function flushAll(leaving) {
      Object.keys(targets).forEach(function (id) {
        if (targets[id].pending.length) flush(targets[id], leaving);
      });
    }

    function flush(target, leaving) {
      var session = visit(target);
      var lines = target.pending.splice(0).map(function (event) {
        return line(event, session).map(pair).join('&');
      });
      var url = address(target) + '?' + shared(target, session).map(pair).join('&');
      if (lines.length === 1) url += '&' + lines[0];
      url += '&tfd=' + Math.round(window.performance.now());
      session.firstVisit = session.fresh = false;
      remember(target, session);
      post(url, lines.length === 1 ? undefined : lines.join('\r\n'), leaving);
    }

    function post(url, body, leaving) {
      if (leaving && window.navigator.sendBeacon(url, body)) return;
      window.fetch(url, { method: 'POST', body: body, keepalive: true, mode: 'no-cors',
        credentials: 'include' }).catch(function () { /* Nobody waits for it. */ });
    }

    function address(target) {
      var own = target.options.server_container_url || target.options.transport_url;
      return (own ? own.replace(/\/$/, '') : host('www', 'google-analytics.com')) + '/g/collect';
    }

    function shared(target, session) {
      var page = Object.assign({}, settings, target.options);
      return [['v', '2'], ['tid', target.id], ['gtm', version()], ['_p', pageId]]
        .concat(consentFields(), [
          ['cid', session.cid], ['ul', window.navigator.language.toLowerCase()],
          ['sr', window.screen.width + 'x' + window.screen.height], ['frm', '0'], ['pscdl', 'noapi'],
          ['_s', ++target.hits], ['uid', page.user_id], ['sid', session.sid],
          ['sct', session.number], ['seg', session.engaged],
          ['dl', page.page_location || window.location.href],
          ['dr', page.page_referrer || document.referrer || undefined],
          ['dt', page.page_title || document.title]
        ]).filter(told);
    }

    function line(event, session) {
      var list = [['en', event.name]];
      var params = Object.assign({}, settings, event.params);
      if (session.firstVisit && event.name === 'page_view') list.push(['_fv', '1']);
      if (session.fresh && event.name === 'page_view') list.push(['_nsi', '1'], ['_ss', '1']);
      if (event.name === 'purchase') list.push(['_c', '1']);
      if (event.byCall) list.push(['_ee', '1']);
      list.push(['cu', params.currency]);
      (params.items || []).forEach(function (item, i) { list.push(['pr' + (i + 1), itemText(item)]); });
      Object.keys(params).forEach(function (name) {
        if (QUIET.indexOf(name) >= 0) return;
        list.push([(typeof params[name] === 'number' ? 'epn.' : 'ep.') + name, params[name]]);
      });
      var engaged = takeEngagement();
      if (engaged) list.push(['_et', engaged]);
      return list.filter(told);
    }

    function itemText(item) {
      var extra = 0;
      return Object.keys(item).map(function (name) {
        var value = String(item[name]).replace(/~/g, '~~');
        if (ITEM_KEYS[name]) return ITEM_KEYS[name] + value;
        return 'k' + extra + name + '~v' + extra++ + value;
      }).join('~');
    }

    function told(field) { return field[1] !== undefined && field[1] !== null; }
    function pair(field) { return field[0] + '=' + encodeURIComponent(field[1]); }

    // -- engagement --------------------------------------------------------------------------

    function takeEngagement() {
      if (visibleSince) engagedMs += Date.now() - visibleSince;
      if (visibleSince) visibleSince = Date.now();
      var taken = engagedMs;
      engagedMs = 0;
      return taken;
    }

    function hide() {
      if (!visibleSince || consent.heldUntil > Date.now()) return;
      Object.keys(targets).forEach(function (id) {
        targets[id].pending.push({ name: 'user_engagement', params: {}, byCall: false });
      });
      flushAll(true);
      visibleSince = 0;
    }

    document.addEventListener('visibilitychange', function () {
      if (document.visibilityState === 'hidden') hide();
      else visibleSince = Date.now();
    });
    window.addEventListener('pagehide', hide);

    // -- start -------------------------------------------------------------------------------

    var started = false;
    function start() {
      started = true;
      var push = layer.push;
      layer.push = function () {
        var length = push.apply(layer, arguments);
        Array.prototype.forEach.call(arguments, run);
        return length;
      };
      layer.slice().forEach(run);
    }

    function ping(id) {
      new Image().src = host('www', 'googletagmanager.com') + '/td?id=' + id + '&v=3&t=t&pid=' +
        Math.floor(Math.random() * 1e9) + '&dl=' +
        encodeURIComponent(window.location.host + window.location.pathname) + '&z=0';
    }

    return {
      arrived: function (id) {
        if (present[id]) return;
        present[id] = true;
        ping(id);
        if (!started) start();
        if (awaited[id]) COMMANDS.config(id, awaited[id]);
        delete awaited[id];
      }
    };
  }
})(window, document);
