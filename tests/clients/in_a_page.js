// A client in a page. The address of the page ends in ?url=URL&level=LEVEL; LEVEL 3, 4 or 5. What came of it goes to
// /result: "done", or what went wrong.
//
// It subscribes to `to/page`, says `ready` on `from/page`, sends back on `from/page` what it then receives, and ends
// when it has received `bye`.

'use strict';

function check(fact, what) {
  if (!fact) {
    throw new Error(what);
  }
}

/** The messages of a client, one after the other. */
function messagesOf(client) {
  const waiting = [];
  const messages = [];
  client.on('message', (topic, payload, packet) => {
    messages.push({ topic, payload, packet });
    waiting.shift()?.(messages.shift());
  });
  return () => (messages.length > 0 ? messages.shift() : new Promise((resolve) => waiting.push(resolve)));
}

async function talk(url, level) {
  const client = await mqtt.connectAsync(url, {
    protocolVersion: level,
    protocolId: level === 3 ? 'MQIsdp' : 'MQTT',
    clientId: 'page',
    reconnectPeriod: 0,
  }, false);
  const next = messagesOf(client);
  const granted = await client.subscribeAsync({ 'to/page': { qos: 1 }, own: { qos: 2 } });
  check(granted.map((grant) => grant.qos).join() === '1,2', `granted ${JSON.stringify(granted)}`);

  for (const length of [300 * 1024, 65535, 1, 0]) {
    const payload = new Uint8Array(length).map((_, n) => n % 251);
    for (const qos of [0, 1, 2]) {
      await client.publishAsync('own', payload, { qos });
      const own = await next();
      check(own.topic === 'own' && own.packet.qos === qos, `${own.topic} with QoS ${own.packet.qos}`);
      check(own.payload.length === length, `${length} bytes became ${own.payload.length}`);
      check(own.payload.every((byte, n) => byte === payload[n]), `${length} bytes became others`);
    }
  }

  await client.publishAsync('from/page', 'ready', { qos: 1 });
  for (;;) {
    const { payload } = await next();
    if (payload.toString() === 'bye') {
      break;
    }
    await client.publishAsync('from/page', payload, { qos: 1 });
  }
  await client.endAsync();
}

const query = new URLSearchParams(location.search);
talk(query.get('url'), Number(query.get('level')))
  .then(() => 'done', (failure) => `${failure}\n${failure.stack}`)
  .then((result) => fetch('/result', { method: 'POST', body: result }));
