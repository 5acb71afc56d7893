/* Keeps the board fresh, unless somebody is reading a detail. */
(function () {
  'use strict';

  var board = document.getElementById('board');

  function refresh() {
    if (document.hidden || board.querySelector('details[open]') || board.contains(document.activeElement)) {
      return;
    }
    fetch(window.location.href).then(function (answer) { return answer.text(); }).then(function (text) {
      var fresh = new DOMParser().parseFromString(text, 'text/html').getElementById('board');
      if (fresh && fresh.innerHTML !== board.innerHTML) board.innerHTML = fresh.innerHTML;
    }).catch(function () { /* The sandbox was stopped: the page stays as it is. */ });
  }

  window.setInterval(refresh, 2000);
})();
