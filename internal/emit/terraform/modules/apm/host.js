const assert = require('assert');

(async () => {
  const clear = await $http.get('http://${host}/', { followRedirect: false, throwHttpErrors: false });
  assert.ok([301, 308].includes(clear.statusCode), 'in the clear: status ' + clear.statusCode);
  assert.ok((clear.headers.location || '').startsWith('https://${host}'), 'sent on to ' + clear.headers.location);

  const secure = await $http.get('https://${host}/', { followRedirect: false, throwHttpErrors: false });
  assert.ok(/max-age=\d{8}/.test(secure.headers['strict-transport-security'] || ''), 'no strict-transport-security');
  assert.ok(!secure.headers['x-origin-verify'], 'the secret of the origin is told to visitors');
})();
