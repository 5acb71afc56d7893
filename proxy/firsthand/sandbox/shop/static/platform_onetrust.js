/* Leaves the traces that OneTrust leaves: the cookies OptanonConsent and OptanonAlertBoxClosed,
   window.OnetrustActiveGroups, the event OneTrustGroupsUpdated. */
(window.shopPlatforms = window.shopPlatforms || {}).onetrust = (function (window) {
  'use strict';

  var CHOICES = {
    all: { C0001: 1, C0002: 1, C0003: 1, C0004: 1 },
    analytics: { C0001: 1, C0002: 1, C0003: 0, C0004: 0 },
    none: { C0001: 1, C0002: 0, C0003: 0, C0004: 0 }
  };
  var INTERACTIONS = { all: 1, none: 2, analytics: 3 };

  function fields(jar) { return new URLSearchParams(jar.read('OptanonConsent')); }

  function active(jar) {
    return (fields(jar).get('groups') || '').split(',').filter(function (part) {
      return part.slice(-2) === ':1';
    }).map(function (part) { return part.split(':')[0]; });
  }

  function store(jar, chosen, interaction) {
    var old = fields(jar);
    var gpc = window.navigator.globalPrivacyControl ? '1' : '0';
    jar.write('OptanonConsent', new URLSearchParams({
      isGpcEnabled: gpc,
      datestamp: new Date().toString(),
      version: '202610.1.0',
      browserGpcFlag: gpc,
      isIABGlobal: 'false',
      hosts: '',
      consentId: old.get('consentId') || jar.newId(),
      interactionCount: String(Number(old.get('interactionCount') || 0) + (interaction ? 1 : 0)),
      isAnonUser: '1',
      landingPath: 'NotLandingPage',
      groups: Object.keys(chosen).map(function (id) { return id + ':' + chosen[id]; }).join(','),
      intType: String(interaction || ''),
      AwaitingReconsent: 'false'
    }).toString());
    if (interaction) jar.write('OptanonAlertBoxClosed', new Date().toISOString());
  }

  return {
    cookies: ['OptanonConsent', 'OptanonAlertBoxClosed'],
    begin: function (jar, show) {
      window.OneTrust = {
        ToggleInfoDisplay: show,
        IsAlertBoxClosed: function () { return !!jar.read('OptanonAlertBoxClosed'); }
      };
      if (!jar.read('OptanonConsent')) store(jar, CHOICES.none, 0);
    },
    choice: function (jar) {
      if (!jar.read('OptanonAlertBoxClosed')) return '';
      var ids = active(jar);
      if (ids.indexOf('C0004') >= 0) return 'all';
      return ids.indexOf('C0002') >= 0 ? 'analytics' : 'none';
    },
    save: function (jar, name) { store(jar, CHOICES[name], INTERACTIONS[name]); },
    announce: function (jar) {
      var ids = active(jar);
      window.OnetrustActiveGroups = ',' + ids.join(',') + ',';
      (window.dataLayer = window.dataLayer || []).push({ event: 'OneTrustGroupsUpdated',
        OnetrustActiveGroups: window.OnetrustActiveGroups });
      window.dispatchEvent(new CustomEvent('OneTrustGroupsUpdated', { detail: ids }));
    }
  };
})(window);
