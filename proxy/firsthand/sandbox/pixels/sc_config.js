/* Stand-in for the configuration that Snap serves for each pixel and top-level domain. */
window.snaptr.cfg('{{pixel}}', {
  asc: [], gw: null, a: ['PII', 'AV3'], ipg: '49', b: ['ERR'], t: '', v: '3.53.5-2512082216', tpd: [], ec: []
});
