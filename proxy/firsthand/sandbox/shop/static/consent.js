/* The shop's banner. What a choice leaves behind is the affair of the consent platform that the
   shop plays: one file platform_NAME.js each, which says

     cookies           the names of its cookies
     begin(jar, show)  what is there before an answer; `show` opens the banner
     choice(jar)       'all', 'analytics', 'none', or '' while there is no answer
     save(jar, name)   writes an answer
     announce(jar)     tells the page, as the platform's own script does

   Another platform is another file of that form, nothing else. */
(function (window, document) {
  'use strict';

  var YEAR = 365 * 24 * 60 * 60;
  var CATEGORIES = { all: ['C0002', 'C0004'], analytics: ['C0002'], none: [] };
  var WORDS = {
    all: 'Analytics and marketing allowed.',
    analytics: 'Analytics allowed, no marketing.',
    none: 'Only what the shop needs.'
  };
  var platform = window.shopPlatforms[document.documentElement.dataset.platform];

  var jar = {
    read: function (name) {
      var found = document.cookie.split('; ').find(function (part) {
        return part.indexOf(name + '=') === 0;
      });
      return found ? found.slice(name.length + 1) : '';
    },
    write: function (name, value, life) {
      document.cookie = name + '=' + value + '; path=/; domain=' + window.location.hostname +
        '; max-age=' + (life === undefined ? YEAR : life) + '; SameSite=Lax';
    },
    newId: function () {
      return Array.from(window.crypto.getRandomValues(new Uint8Array(16)), function (byte) {
        return ('0' + byte.toString(16)).slice(-2);
      }).join('');
    }
  };

  function forgetOthers() {
    Object.keys(window.shopPlatforms).forEach(function (name) {
      var other = window.shopPlatforms[name];
      if (other !== platform) other.cookies.forEach(function (each) { jar.write(each, '', 0); });
    });
  }

  function allowed() { return CATEGORIES[platform.choice(jar) || 'none']; }

  function tellGoogle() {
    if (!window.gtag || !platform.choice(jar)) return;
    var ids = allowed();
    function word(id) { return ids.indexOf(id) >= 0 ? 'granted' : 'denied'; }
    window.gtag('consent', 'update', { analytics_storage: word('C0002'), ad_storage: word('C0004'),
      ad_user_data: word('C0004'), ad_personalization: word('C0004') });
  }

  function release() {
    var ids = allowed();
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
    tellGoogle();
    platform.announce(jar);
    release();
  }

  function choose(name) {
    var before = allowed();
    platform.save(jar, name);
    announce();
    banner(false);
    // Code that runs cannot be called back; a shop without Firsthand can only start afresh.
    var taken = before.some(function (id) { return allowed().indexOf(id) < 0; });
    if (taken && document.documentElement.dataset.variant === 'plain') window.location.reload();
  }

  function banner(open, takeFocus) {
    var element = document.getElementById('consent');
    var status = document.getElementById('consent-status');
    element.hidden = !open;
    document.body.style.paddingBottom = open ? element.offsetHeight + 'px' : '';
    if (takeFocus) element.querySelector('h2').focus({ preventScroll: true });
    if (!open && status) status.textContent = WORDS[platform.choice(jar) || 'none'];
  }

  forgetOthers();
  platform.begin(jar, function () { banner(true, true); });
  announce();

  document.addEventListener('DOMContentLoaded', function () {
    document.querySelectorAll('[data-consent]').forEach(function (button) {
      button.addEventListener('click', function () { choose(button.dataset.consent); });
    });
    document.getElementById('privacy-choices').addEventListener('click', function () {
      banner(true, true);
    });
    release();
    banner(!platform.choice(jar));
  });
})(window, document);
