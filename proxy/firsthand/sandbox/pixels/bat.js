/* Stand-in for Microsoft's UET script, written for Firsthand's sandbox: queue, cookies, consent,
   wire format, the chained file of a tag and the address joined at run time are as Microsoft's,
   the code is not. It leaves out "nwd", because a browser of a test is always driven by a program. */
(function (window, document) {
  'use strict';

  if (window.UET) return;

  var SCHEME = '{{scheme}}:';
  var SUFFIX = '{{suffix}}';
  var LONG_URL = 2048;
  var DAY = 86400;
  var RENAMED = { event_category: 'ec', event_label: 'el', event_value: 'ev', revenue_value: 'gv',
    currency: 'gc', ecomm_prodid: 'prodid', ecomm_pagetype: 'pagetype' };

  var FOLLOWING = { event: 2, consent: 2, config: 2, set: 1 };

  {{sha256}}

  function hex(count) {
    var text = '';
    while (text.length < count) text += Math.floor(Math.random() * 16).toString(16);
    return text;
  }

  function uuid() {
    return [hex(8), hex(4), '4' + hex(3), '8' + hex(3), hex(12)].join('-');
  }

  // -- cookies and their copies in the local storage -------------------------------------------

  function read(name) {
    var found = document.cookie.split('; ').find(function (part) {
      return part.indexOf(name + '=') === 0;
    });
    return found ? found.slice(name.length + 1) : window.localStorage.getItem(name) || '';
  }

  function write(name, value, days) {
    var labels = window.location.hostname.split('.');
    document.cookie = name + '=' + value + '; path=/; domain=.' + labels.slice(-2).join('.') +
      '; max-age=' + days * DAY + '; SameSite=Lax';
    window.localStorage.setItem(name, value);
    window.localStorage.setItem(name + '_exp', new Date(Date.now() + days * DAY * 1000).toUTCString());
  }

  // -- contact data ----------------------------------------------------------------------------

  var NORMALISE = {
    em: function (text) {
      var parts = text.split('@');
      return parts.length === 2 ? parts[0].split('+')[0].replace(/\./g, '') + '@' + parts[1] : '';
    },
    ph: function (text) { return '+' + text.replace(/\D/g, ''); }
  };

  function contact(given) {
    return Object.keys(NORMALISE).filter(function (name) { return given[name]; }).map(function (name) {
      var text = String(given[name]).trim().toLowerCase();
      var known = /^[0-9a-f]{64}$/.test(text);
      return name + '=' + (known ? text : sha256(NORMALISE[name](text)));
    }).join('&');
  }

  // -- a tag -----------------------------------------------------------------------------------

  function UET(options) {
    var self = this;
    this.tag = String(options.ti);
    if (UET.tags[this.tag]) return;
    UET.tags[this.tag] = this;
    this.granted = true;
    this.person = '';
    this.ordinal = 0;
    this.page = uuid();
    this.push = function () { self.take(Array.prototype.slice.call(arguments)); };
    var first = document.createElement('script');
    first.async = true;
    first.src = address('com') + ['p', 'action', this.tag + '.js'].join('/');
    document.head.appendChild(first);
    calls(options.q || []).forEach(function (call) { self.take(call); });
    window.addEventListener('pagehide', function () { self.leave(); });
  }

  UET.tags = {};

  UET.prototype.configured = function (settings) { this.settings = settings; };

  /** Takes a queue apart: a call's parts stand in it one after the other, as they were pushed. */
  function calls(queue) {
    var parts = Array.prototype.slice.call(queue);
    var found = [];
    while (parts.length) {
      var call = [parts.shift()];
      for (var left = FOLLOWING[call[0]] || 0; left > 0; left--) {
        if (left === 1 && typeof parts[0] !== 'object') break;
        call.push(parts.shift());
      }
      found.push(call);
    }
    return found;
  }

  UET.prototype.take = function (call) {
    var kind = call[0];
    if (kind === 'pageLoad') this.send('pageLoad', this.loaded());
    else if (kind === 'event') this.send('custom', named(call[1], call[2] || {}));
    else if (kind === 'consent') this.granted = (call[2] || {}).ad_storage !== 'denied';
    else if (kind === 'set' && call[1] && call[1].pid) this.identify(call[1].pid);
    else if (kind && typeof kind === 'object') this.send('custom', kind);
  };

  UET.prototype.identify = function (pid) {
    this.person = contact(pid);
    if (this.ordinal && this.granted) this.send('pid', {});
  };

  UET.prototype.loaded = function () {
    return { lg: navigator.language, sw: screen.width, sh: screen.height, sc: screen.colorDepth,
      tl: document.title, p: window.location.href, r: document.referrer,
      lt: Math.round(performance.now()), sv: 1 };
  };

  function named(action, given) {
    var told = { ea: action || undefined, en: 'Y', p: window.location.origin + window.location.pathname };
    Object.keys(given).forEach(function (name) { told[RENAMED[name] || name] = spelled(given[name]); });
    return told;
  }

  function spelled(value) {
    if (Array.isArray(value)) return value.map(spelled).join(',');
    if (value === null || typeof value !== 'object') return String(value);
    return Object.keys(value).map(function (name) {
      return name + '=' + encodeURIComponent(value[name]);
    }).join('&');
  }

  UET.prototype.ids = function () {
    if (!this.granted) return { msclkid: 'N', asc: 'D' };
    var fresh = new URLSearchParams(window.location.search).get('msclkid') || '';
    var known = read('_uetmsclkid').replace(/^_uet/, '');
    var click = /^[0-9a-f]{32}$/i.test(fresh) ? fresh : known;
    var session = read('_uetsid') || hex(32);
    var visitor = read('_uetvid');
    var told = { sid: session, vid: visitor || hex(32), vids: visitor ? 0 : 1,
      msclkid: click ? click + (click === known ? '-0' : '-1') : 'N', asc: 'G' };
    write('_uetsid', session, 1);
    write('_uetvid', told.vid, 390);
    if (click) write('_uetmsclkid', '_uet' + click, 90);
    return told;
  };

  UET.prototype.params = function (kind, given) {
    this.ordinal += 1;
    var told = { ti: this.tag, Ver: 2, mid: this.page, bo: this.ordinal };
    Object.assign(told, this.ids(), given, { evt: kind, cdb: 'AQAQ',
      rn: Math.floor(Math.random() * 1000000) });
    if (this.person && this.granted && kind !== 'pageHide') told.pid = this.person;
    return Object.keys(told).filter(function (name) { return told[name] !== undefined; })
      .map(function (name) { return name + '=' + encodeURIComponent(told[name]); }).join('&');
  };

  UET.prototype.send = function (kind, given) {
    var query = this.params(kind, given);
    var base = address(this.granted ? 'com' : 'net');
    if (query.length > LONG_URL) {
      navigator.sendBeacon(base + 'actionp/0', new URLSearchParams(query));
      return;
    }
    new Image(1, 1).src = base + 'action/0?' + query;
  };

  UET.prototype.leave = function () {
    if (!this.granted || !this.ordinal) return;
    navigator.sendBeacon(address('com') + 'actionp/0?' + this.params('pageHide', {}));
  };

  function address(top) { return [SCHEME, '', ['bat', 'bing', top].join('.') + SUFFIX, ''].join('/'); }

  window.UET = UET;
})(window, document);
