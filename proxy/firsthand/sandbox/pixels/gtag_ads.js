/* Stand-in for Google's tag with an Ads id, written for Firsthand's sandbox: queue, consent mode,
   cookies, doors and wire format are as Google's, the code is not. */
(function (window, document) {
  'use strict';

  var ID = '{{id}}';
  var SCHEME = '{{scheme}}:';
  var SUFFIX = '{{suffix}}';
  // A host inside a regular expression: putting a path before it makes this file a syntax error.
  var OWN_HOST = /^https?:\/\/www.googletagmanager.com{{suffix}}\/gtag/;
  var OWN_SOURCE = (document.currentScript || {}).src || '';
{{sha256}}

  var manager = window.google_tag_manager = window.google_tag_manager || {};
  if (manager[ID]) return;
  manager[ID] = {};
  if (!manager.ads) manager.ads = boot();
  manager.ads(ID);

  function boot() {
    var NINETY_DAYS = 7776000;
    var PURPOSES = ['ad_storage', 'analytics_storage', 'ad_user_data', 'ad_personalization'];
    var CLICKS = { gclid: ['_gcl_aw', 'GCL.<s>.<id>'], wbraid: ['_gcl_gb', 'GCL.<s>.<id>'],
      gbraid: ['_gcl_ag', '2.1.k<id>$i<s>'], gad_source: ['_gcl_gs', '2.1.k<id>$i<s>$u1'] };
    var ON_WIRE = { value: 'value', currency: 'currency_code', transaction_id: 'oid',
      aw_merchant_id: 'mid', aw_feed_country: 'fcntr', aw_feed_language: 'flng', discount: 'dscnt',
      new_customer: 'vdnc' };

    var layer = window.dataLayer = window.dataLayer || [];
    var present = {};
    var targets = {};
    var settings = {};
    var consent = { used: false, byDefault: {}, update: {}, heldUntil: 0 };
    var pending = [];
    var timer = 0;

    function host() { return SCHEME + '//' + [].slice.call(arguments).join('.') + SUFFIX; }

    // -- commands ----------------------------------------------------------------------------

    var COMMANDS = {
      config: function (id, options) {
        if (!/^AW-\d+$/.test(id) || targets[id]) return;
        if (!present[id]) { fetchTag(id, options); return; }
        targets[id] = options || {};
        later(function () { view(id); });
      },
      event: function (name, params) {
        var to = params && params.send_to ? [].concat(params.send_to) : Object.keys(targets);
        to.forEach(function (address) {
          var parts = address.split('/');
          if (!targets[parts[0]]) return;
          later(function () { (parts[1] ? convert : remarket)(parts[0], name, params || {}, parts[1]); });
        });
      },
      set: function (name, values) {
        if (typeof name === 'object') Object.assign(settings, name);
        else settings[name] = values;
      },
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
      // The tag of the page itself is on its way: it brings no second one.
      var own = [].some.call(document.scripts, function (s) { return s.src.indexOf('id=' + id) > 0; });
      if (!own) script(host('www', 'googletagmanager', 'com') + '/gtag/destination?id=' + id + '&l=dataLayer&cx=c&gtm=' + version());
    }

    function later(act) { pending.push(act); schedule(); }

    function schedule() {
      window.clearTimeout(timer);
      timer = window.setTimeout(function () {
        pending.splice(0).forEach(function (act) { act(); });
      }, Math.max(0, consent.heldUntil - Date.now()));
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
        document.cookie = name + '=' + value + '; path=/; domain=' + labels.slice(-n).join('.') +
          '; max-age=' + NINETY_DAYS + '; SameSite=Lax';
        if (read(name) === value) return;
      }
    }

    function stored() { return state('ad_storage') !== 'denied'; }

    function remember() {
      if (!stored()) return;
      var seconds = Math.floor(Date.now() / 1000);
      var query = new URLSearchParams(window.location.search);
      Object.keys(CLICKS).forEach(function (param) {
        var value = query.get(param);
        var source = query.get('gclsrc');
        if (!value || !/^[\w-]+$/.test(value) || (param === 'gclid' && source && source !== 'aw.ds')) return;
        var cookie = CLICKS[param];
        // The time of a click does not move while its id stays.
        if (click(cookie[0]) === value) return;
        write(cookie[0], cookie[1].replace('<s>', seconds).replace('<id>', value));
      });
      if (!read('_gcl_au')) write('_gcl_au', ['1.1', Math.floor(Math.random() * 2147483647), seconds].join('.'));
    }

    function click(name) {
      var value = read(name);
      return value.indexOf('2.1.k') === 0 ? value.slice(5).split('$')[0] : value.split('.')[2] || '';
    }

    function auid() { return read('_gcl_au').split('.').slice(2, 4).join('.'); }

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
      var plain = letters.join('') === 'llll';
      return [['gcs', consent.used ? 'G1' + digit('ad_storage') + digit('analytics_storage') : ''],
        ['gcd', plain ? '13l3l3l3l1l1' :
          '13' + letters[0] + '3' + letters[1] + '3' + letters[2] + '2' + letters[3] + '5l1'],
        ['npa', state('ad_personalization') === 'denied' ? '1' : '0'], ['dma', '0']];
    }

    // -- the wire ----------------------------------------------------------------------------

    function version() { return '45be6b1v9137257703za20' + (OWN_HOST.test(OWN_SOURCE) ? '0' : '4'); }

    function number(id) { return id.replace('AW-', ''); }

    function page() {
      return stored() ? window.location.href : window.location.origin + window.location.pathname;
    }

    function view(id) {
      remember();
      var query = text([['frm', '0'], ['tid', id], ['en', 'page_view'], ['dl', page()],
        ['dr', document.referrer], ['scrsrc', 'www.googletagmanager.com'],
        ['rnd', Math.floor(Math.random() * 1e9) + '.' + Math.floor(Date.now() / 1000)],
        ['dt', document.title], ['auid', stored() && auid()], ['gclaw', stored() && click('_gcl_aw')],
        ['navt', 'n'], ['gtm', version()]].concat(consentFields(), [['tft', Date.now()],
        ['tfd', Math.round(window.performance.now())], ['apve', '1']]));
      if (!stored()) {
        post(host('pagead2', 'googlesyndication', 'com') + '/ccm/collect?' + query);
        return;
      }
      get(host('www', 'googleadservices', 'com') + '/pagead/set_partitioned_cookie?' + query, 'no-cors');
      post(host('www', 'google', 'com') + '/ccm/collect?' + query);
      remarket(id, 'gtag.config', {});
    }

    function remarket(id, name, params) {
      if (!stored()) return;
      var told = ['event=' + name].concat(Object.keys(params).filter(function (key) {
        return key !== 'send_to' && typeof params[key] !== 'object';
      }).map(function (key) { return key + '=' + params[key]; }));
      script(host('googleads', 'g', 'doubleclick', 'net') + '/pagead/viewthroughconversion/' + number(id) +
        '/?' + text(common(name).concat([['data', told.join(';')], ['rfmt', '3'], ['fmt', '4']])));
    }

    function convert(id, name, params, label) {
      remember();
      var fields = common(name).concat([['label', label], ['gtm_ee', '1']]);
      Object.keys(ON_WIRE).forEach(function (key) { fields.push([ON_WIRE[key], params[key]]); });
      if (params.items) fields.push(['bttype', 'purchase'], ['item', params.items.map(itemText).join('')]);
      if (stored()) fields.push(['gclaw', click('_gcl_aw')], ['gclgb', click('_gcl_gb')], ['gclag', click('_gcl_ag')]);
      var person = targets[id].allow_enhanced_conversions && state('ad_user_data') !== 'denied' && userData();
      fields.push(['data', 'event=' + name], ['ec_mode', person && 'c'], ['em', person]);
      var query = '/conversion/' + number(id) + '/?' + text(fields);
      var address = host('www', 'googleadservices', 'com');
      get(address + '/pagead' + query + '&fmt=7', 'cors').catch(function () {
        image(address + '/pagead' + query + '&fmt=3');
      });
      if (manager.rcb) image(address + '/ccm' + query + '&fmt=3');
    }

    function common(name) {
      var now = Date.now();
      return [['random', now], ['cv', '11'], ['fst', now], ['bg', 'ffffff'], ['guid', 'ON'], ['async', '1'],
        ['en', name], ['gtm', version()]].concat(consentFields(), [['u_w', window.screen.width],
        ['u_h', window.screen.height], ['url', page()], ['ref', document.referrer], ['frm', '0'],
        ['tiba', document.title.slice(0, 256)], ['hn', 'www.googleadservices.com'], ['pscdl', 'noapi'],
        ['auid', stored() && auid()]]);
    }

    function itemText(item) {
      return '(' + [item.price, item.quantity, item.id || item.item_id].map(function (part) {
        return String(part === undefined ? '' : part).replace(/[()*%]/g, function (sign) {
          return '%' + sign.charCodeAt(0).toString(16).toUpperCase();
        });
      }).join('*') + ')';
    }

    function userData() {
      var given = settings.user_data || {};
      var place = given.address || {};
      var parts = [['em', hash(given.email, mail)], ['pn', hash(given.phone_number, phone)],
        ['fn0', hash(place.first_name, low)], ['ln0', hash(place.last_name, low)],
        ['pc0', (place.postal_code || '').trim()], ['co0', (place.country || '').trim().toUpperCase()]];
      var told = parts.filter(function (part) { return part[1]; });
      return told.length && ['tv.1'].concat(told.map(function (part) { return part.join('.'); })).join('~');
    }

    function low(value) { return value.trim().toLowerCase(); }
    function phone(value) { return '+' + value.replace(/\D/g, ''); }
    function mail(value) {
      var parts = low(value).split('@');
      if (/^(gmail|googlemail)\.com$/.test(parts[1])) parts[0] = parts[0].replace(/\./g, '');
      return parts.join('@');
    }

    function hash(value, normal) {
      if (!value) return '';
      var bytes = sha256(normal(value)).replace(/../g, function (two) {
        return String.fromCharCode(parseInt(two, 16));
      });
      return window.btoa(bytes).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
    }

    function text(fields) {
      return fields.filter(function (field) {
        return field[1] !== undefined && field[1] !== null && field[1] !== '' && field[1] !== false;
      }).map(function (field) { return field[0] + '=' + encodeURIComponent(field[1]); }).join('&');
    }

    function get(url, mode) {
      var sent = window.fetch(url, { mode: mode, credentials: 'include', keepalive: true });
      if (mode === 'no-cors') return sent.catch(function () { /* Nobody waits for it. */ });
      return sent.then(function (answer) { return answer.text(); });
    }

    function post(url) {
      window.fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include', keepalive: true })
        .catch(function () { /* Nobody waits for it. */ });
    }

    function image(url) { new Image().src = url; }

    function script(url) {
      var element = document.createElement('script');
      element.async = true;
      element.src = url;
      document.head.appendChild(element);
    }

    // -- start -------------------------------------------------------------------------------

    // The frame of the service worker stands in a blank frame, where hooks of the page do not reach by
    // themselves. It speaks by messages, which it takes from Google's own origin.
    function openWorker() {
      var outer = document.createElement('iframe');
      outer.style.display = 'none';
      (document.body || document.documentElement).appendChild(outer);
      var inner = outer.contentDocument.createElement('iframe');
      inner.src = host('www', 'googletagmanager', 'com') + '/static/service_worker/6b10/sw_iframe.html?origin=' +
        encodeURIComponent(window.location.origin);
      outer.contentDocument.body.appendChild(inner);
    }

    var started = false;
    function start() {
      started = true;
      openWorker();
      var push = layer.push;
      layer.push = function () {
        var length = push.apply(layer, arguments);
        Array.prototype.forEach.call(arguments, run);
        return length;
      };
      layer.slice().forEach(run);
    }

    return function (id) {
      present[id] = true;
      if (!started) start();
      if (awaited[id]) COMMANDS.config(id, awaited[id]);
      delete awaited[id];
    };
  }
})(window, document);
