/* A small consent platform that leaves the traces OneTrust leaves: the cookies OptanonConsent and
   OptanonAlertBoxClosed, window.OnetrustActiveGroups, the event OneTrustGroupsUpdated, scripts of
   type text/plain released by category, and Google consent mode. */
(function (window, document) {
  'use strict';

  var YEAR = 365 * 24 * 60 * 60;
  var CHOICES = {
    all: { C0001: 1, C0002: 1, C0003: 1, C0004: 1 },
    analytics: { C0001: 1, C0002: 1, C0003: 0, C0004: 0 },
    none: { C0001: 1, C0002: 0, C0003: 0, C0004: 0 }
  };
  var INTERACTIONS = { all: 1, none: 2, analytics: 3 };

  function read(name) {
    var found = document.cookie.split('; ').find(function (part) {
      return part.indexOf(name + '=') === 0;
    });
    return found ? found.slice(name.length + 1) : '';
  }

  function write(name, value) {
    document.cookie = name + '=' + value + '; path=/; domain=' + window.location.hostname +
      '; max-age=' + YEAR + '; SameSite=Lax';
  }

  function fields() { return new URLSearchParams(read('OptanonConsent')); }

  function groups() {
    var known = {};
    (fields().get('groups') || '').split(',').filter(Boolean).forEach(function (part) {
      known[part.split(':')[0]] = Number(part.split(':')[1]);
    });
    return known;
  }

  function newId() {
    return Array.from(window.crypto.getRandomValues(new Uint8Array(16)), function (byte) {
      return ('0' + byte.toString(16)).slice(-2);
    }).join('');
  }

  function store(chosen, interaction) {
    var old = fields();
    write('OptanonConsent', new URLSearchParams({
      isGpcEnabled: window.navigator.globalPrivacyControl ? '1' : '0',
      datestamp: new Date().toString(),
      version: '202610.1.0',
      browserGpcFlag: window.navigator.globalPrivacyControl ? '1' : '0',
      isIABGlobal: 'false',
      hosts: '',
      consentId: old.get('consentId') || newId(),
      interactionCount: String(Number(old.get('interactionCount') || 0) + (interaction ? 1 : 0)),
      isAnonUser: '1',
      landingPath: 'NotLandingPage',
      groups: Object.keys(chosen).map(function (id) { return id + ':' + chosen[id]; }).join(','),
      intType: String(interaction || ''),
      AwaitingReconsent: 'false'
    }).toString());
    if (interaction) write('OptanonAlertBoxClosed', new Date().toISOString());
  }

  function active() {
    var known = groups();
    return Object.keys(known).filter(function (id) { return known[id] === 1; });
  }

  function tellGoogle(ids) {
    if (!window.gtag) return;
    function word(id) { return ids.indexOf(id) >= 0 ? 'granted' : 'denied'; }
    window.gtag('consent', 'update', { analytics_storage: word('C0002'), ad_storage: word('C0004'),
      ad_user_data: word('C0004'), ad_personalization: word('C0004') });
  }

  function release(ids) {
    document.querySelectorAll('script[type="text/plain"]').forEach(function (held) {
      var category = /optanon-category-(\w+)/.exec(held.className);
      if (!category || ids.indexOf(category[1]) < 0) return;
      var script = document.createElement('script');
      if (held.src) script.src = held.src;
      script.async = held.async;
      script.text = held.text;
      held.replaceWith(script);
    });
  }

  function announce() {
    var ids = active();
    window.OnetrustActiveGroups = ',' + ids.join(',') + ',';
    if (read('OptanonAlertBoxClosed')) tellGoogle(ids);
    (window.dataLayer = window.dataLayer || []).push({ event: 'OneTrustGroupsUpdated',
      OnetrustActiveGroups: window.OnetrustActiveGroups });
    window.dispatchEvent(new CustomEvent('OneTrustGroupsUpdated', { detail: ids }));
    release(ids);
  }

  function choose(name) {
    var before = active();
    store(CHOICES[name], INTERACTIONS[name]);
    announce();
    banner(false);
    // Code that runs cannot be called back; a shop without Firsthand can only start afresh.
    var taken = before.some(function (id) { return active().indexOf(id) < 0; });
    if (taken && document.documentElement.dataset.variant === 'plain') window.location.reload();
  }

  function banner(open, takeFocus) {
    var element = document.getElementById('consent');
    var status = document.getElementById('consent-status');
    element.hidden = !open;
    document.body.style.paddingBottom = open ? element.offsetHeight + 'px' : '';
    if (takeFocus) element.querySelector('h2').focus({ preventScroll: true });
    if (!open && status) status.textContent = words();
  }

  function words() {
    var ids = active();
    if (ids.indexOf('C0004') >= 0) return 'Analytics and marketing allowed.';
    return ids.indexOf('C0002') >= 0 ? 'Analytics allowed, no marketing.' : 'Only what the shop needs.';
  }

  window.OneTrust = {
    ToggleInfoDisplay: function () { banner(true, true); },
    IsAlertBoxClosed: function () { return !!read('OptanonAlertBoxClosed'); }
  };

  if (!read('OptanonConsent')) store(CHOICES.none, 0);
  announce();

  document.addEventListener('DOMContentLoaded', function () {
    document.querySelectorAll('[data-consent]').forEach(function (button) {
      button.addEventListener('click', function () { choose(button.dataset.consent); });
    });
    document.getElementById('privacy-choices').addEventListener('click', function () {
      banner(true, true);
    });
    release(active());
    banner(!read('OptanonAlertBoxClosed'));
  });
})(window, document);
