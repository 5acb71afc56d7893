/* Stand-in for the configuration that Meta generates for each pixel and domain: the cookie plugin
   and the automatic button events, then the word that lets the pixel speak. */
window.fbq.registerPlugin('{{pixel}}', function (fbq, instance) {
  'use strict';

  var PIXEL = '{{pixel}}';
  var LIFE = 90 * 24 * 60 * 60;
  var MAX_CLICK_ID = 500;

  // -- _fbp and _fbc -------------------------------------------------------------------------

  function read(name) {
    var found = document.cookie.split('; ').find(function (part) {
      return part.indexOf(name + '=') === 0;
    });
    return found ? found.slice(name.length + 1) : '';
  }

  function write(name, value, domain) {
    document.cookie = name + '=' + value + '; path=/; domain=' + domain +
      '; max-age=' + LIFE + '; SameSite=Lax';
    return read(name) === value;
  }

  function widest(name, make) {
    var labels = window.location.hostname.split('.');
    for (var index = 0; index < labels.length; index++) {
      var value = make(index);
      if (write(name, value, labels.slice(labels.length - 1 - index).join('.'))) return value;
    }
    return '';
  }

  function clickId() {
    var here = new URLSearchParams(window.location.search).get('fbclid');
    var before = /[?&]fbclid=([^&#]+)/.exec(document.referrer);
    var found = here || (before && before[1]) || '';
    return found.length > MAX_CLICK_ID ? '' : found;
  }

  function refreshed(name, fresh, payload) {
    var old = read(name);
    var parts = old.split('.');
    var keep = parts.length > 3 && parts[0] === 'fb' && (!payload || parts[3] === payload);
    if (!keep && !fresh) return undefined;
    return widest(name, function (index) { return keep ? old : 'fb.' + index + '.' + fresh; });
  }

  instance.addPlugin({
    before: function (pixel) {
      if (pixel.id !== PIXEL) return;
      var click = clickId();
      var random = Math.floor(Math.random() * 2147483648);
      pixel.cookies.fbp = refreshed('_fbp', Date.now() + '.' + random);
      pixel.cookies.fbc = refreshed('_fbc', click && Date.now() + '.' + click, click);
    }
  });

  // -- button clicks, which no site asked for and which carry no event id ----------------------

  document.addEventListener('click', function (event) {
    var button = event.target.closest && event.target.closest('button, [role=button], [type=submit], a.button');
    if (!button) return;
    var form = button.form || button.closest('form');
    instance.trackAutomatic(PIXEL, 'SubscribedButtonClick', {
      buttonFeatures: { classList: button.className, destination: button.href || (form && form.action) || '',
        id: button.id, imageUrl: '', innerText: button.innerText, numChildButtons: 0,
        tag: button.tagName.toLowerCase(), type: button.type || null, name: button.name || '', value: '' },
      buttonText: button.innerText,
      formFeatures: Array.prototype.map.call(form ? form.elements : [], function (field) {
        return { id: field.id, name: field.name, tag: field.tagName.toLowerCase(), inputType: field.type };
      }),
      pageFeatures: { title: document.title },
      parameters: []
    });
  }, true);

  instance.configLoaded(PIXEL);
});
