// Scenarios for MQTT.js 5.
// Usage: with_mqtt_js.js URL LEVEL SCENARIO [USER PASSWORD CLIENT_ID TOPIC]; LEVEL 3, 4 or 5. The last line says "done".
// A URL like wss://127.0.0.1:8084/mqtt wants the authority to trust in the file that CAFILE names, and shows the
// certificate of CERTFILE with the key of KEYFILE. SOURCE is the address to connect from.

'use strict';

const assert = require('node:assert');
const { once } = require('node:events');
const fs = require('node:fs');
const mqtt = require('mqtt');

const [url, level, scenario, ...more] = process.argv.slice(2);
const v5 = level === '5';

const { CAFILE, CERTFILE, KEYFILE, SOURCE } = process.env;
const file = (name) => (name ? fs.readFileSync(name) : undefined);
const tls = { ca: file(CAFILE), cert: file(CERTFILE), key: file(KEYFILE) };
const source = SOURCE ? { wsOptions: { localAddress: SOURCE } } : {};

/** A client that is connected, and what it has received. */
class Client {
  static async connect(clientId, { persistent = false, properties = {}, ...options } = {}) {
    const session = { sessionExpiryInterval: persistent ? 60 : 0 };
    const client = new Client();
    client.messages = [];
    client.mqtt = mqtt.connect(url, {
      ...tls,
      ...source,
      protocolVersion: Number(level),
      protocolId: level === '3' ? 'MQIsdp' : 'MQTT',
      clientId,
      clean: !persistent,
      reconnectPeriod: 0,
      ...(v5 ? { properties: { ...session, ...properties } } : {}),
      ...options,
    });
    client.mqtt.on('message', (topic, payload, packet) => {
      client.messages.push({ topic, payload: payload.toString(), bytes: payload, packet });
      client.mqtt.emit('arrived');
    });
    [client.connack] = await once(client.mqtt, 'connect');
    return client;
  }

  subscribe(topic, options) {
    return this.mqtt.subscribeAsync(topic, options);
  }

  publish(topic, payload, options = { qos: 1 }) {
    return this.mqtt.publishAsync(topic, payload, options);
  }

  async receive() {
    if (this.messages.length === 0) {
      await once(this.mqtt, 'arrived');
    }
    return this.messages.shift();
  }

  async expect(topic, payload, qos, retain = false) {
    const message = await this.receive();
    const seen = [message.topic, message.payload, message.packet.qos, message.packet.retain];
    assert.deepStrictEqual(seen, [topic, payload, qos, retain]);
    return message.packet;
  }

  end() {
    return this.mqtt.endAsync();
  }
}

const scenarios = {
  async every_qos() {
    const client = await Client.connect('all');
    const granted = await client.subscribe({ 'q/+': { qos: 2 }, other: { qos: 1 }, third: { qos: 0 } });
    assert.deepStrictEqual(granted.map((grant) => grant.qos), [2, 1, 0]);
    for (const qos of [0, 1, 2]) {
      await client.publish(`q/${qos}`, 'grün', { qos });
      await client.expect(`q/${qos}`, 'grün', qos);
    }
    await client.publish('other', 'x', { qos: 2 });
    await client.expect('other', 'x', 1);
    await client.end();
  },

  /** Payloads of many frames and many packets in one, each way. */
  async large() {
    const client = await Client.connect('large');
    await client.subscribe('large', { qos: 2 });
    for (const length of [300 * 1024, 65535, 1, 2 * 1024 * 1024]) {
      const payload = Buffer.alloc(length);
      for (let n = 0; n < length; n += 1) {
        payload[n] = n % 251;
      }
      for (const qos of [0, 1, 2]) {
        await client.publish('large', payload, { qos });
        const { bytes, packet } = await client.receive();
        assert.ok(payload.equals(bytes), `${length} bytes became ${bytes.length} others`);
        assert.strictEqual(packet.qos, qos);
      }
    }
    await client.end();
  },

  async in_order() {
    const receiver = await Client.connect('receiver');
    const sender = await Client.connect('sender');
    await receiver.subscribe('n', { qos: 1 });
    const sent = [];
    for (let n = 0; n < 1000; n += 1) {
      sent.push(sender.publish('n', String(n)));
    }
    for (let n = 0; n < 1000; n += 1) {
      await receiver.expect('n', String(n), 1);
    }
    await Promise.all(sent);
    await sender.end();
    await receiver.end();
  },

  async resume() {
    const first = await Client.connect('sleeper', { persistent: true });
    expectSession(first, false);
    await first.subscribe('s/#', { qos: 2 });
    await first.end();
    const sender = await Client.connect('sender');
    const expected = { 1: [], 2: [] };
    await sender.publish('s/0', 'lost', { qos: 0 });
    for (let n = 0; n < 500; n += 1) {
      const qos = 1 + (n % 2);
      await sender.publish(`s/${qos}`, String(n), { qos });
      expected[qos].push(String(n));
    }
    const again = await Client.connect('sleeper', { persistent: true });
    expectSession(again, true);
    const seen = { 1: [], 2: [] };
    for (let n = 0; n < 500; n += 1) {
      const message = await again.receive();
      seen[message.packet.qos].push(message.payload);
    }
    // The library hands out QoS 2 at PUBREL, so that the order holds for each QoS.
    assert.deepStrictEqual(seen, expected);
    await sender.publish('s/0', 'live', { qos: 0 });
    await again.expect('s/0', 'live', 0);
    await again.end();
    // A clean start takes the session away.
    const fresh = await Client.connect('sleeper');
    expectSession(fresh, false);
  },

  async retained() {
    const sender = await Client.connect('sender');
    for (const [topic, payload] of [['r/a', 'old'], ['r/a', 'new'], ['r/b', 'x'], ['r/b', '']]) {
      await sender.publish(topic, payload, { qos: 1, retain: true });
    }
    const late = await Client.connect('late');
    await late.subscribe('r/#', { qos: 2 });
    await late.expect('r/a', 'new', 1, true);
    await sender.publish('r/b', 'live', { qos: 2, retain: true });
    await late.expect('r/b', 'live', 2);
  },

  async will() {
    const watcher = await Client.connect('watcher');
    await watcher.subscribe('w/#', { qos: 2 });
    const polite = await Client.connect('polite', { will: { topic: 'w/polite', payload: 'gone', qos: 1 } });
    await polite.end();
    const properties = v5 ? { properties: { contentType: 'text/plain', willDelayInterval: 0 } } : {};
    const lost = await Client.connect('lost', { will: { topic: 'w/lost', payload: 'gone', qos: 1, ...properties } });
    lost.mqtt.stream.destroy();
    const packet = await watcher.expect('w/lost', 'gone', 1);
    assert.strictEqual(packet.properties?.contentType, v5 ? 'text/plain' : undefined);
  },

  async unsubscribe() {
    const client = await Client.connect('client');
    await client.subscribe(['a', 'b'], { qos: 1 });
    await client.mqtt.unsubscribeAsync('a');
    await client.publish('a', 'not for us');
    await client.publish('b', 'for us');
    await client.expect('b', 'for us', 1);
  },

  async properties() {
    const client = await Client.connect('client');
    await client.subscribe('p', { qos: 2, properties: { subscriptionIdentifier: 300 } });
    const properties = {
      contentType: 'application/json',
      correlationData: Buffer.from([0, 1, 255]),
      messageExpiryInterval: 1000,
      payloadFormatIndicator: true,
      responseTopic: 'answer',
      userProperties: { k: ['v', 'w'], ü: '' },
    };
    await client.publish('p', '{}', { qos: 2, properties });
    const seen = { ...(await client.expect('p', '{}', 2)).properties };
    assert.ok(seen.messageExpiryInterval >= 980 && seen.messageExpiryInterval <= 1000, seen);
    seen.messageExpiryInterval = 1000;
    seen.userProperties = { ...seen.userProperties };
    assert.deepStrictEqual(seen, { ...properties, subscriptionIdentifier: 300 });
  },

  /** For a broker that allows five aliases: this client sets them by itself, and takes the broker's. */
  async aliases() {
    const client = await Client.connect('client', {
      autoAssignTopicAlias: true,
      properties: { topicAliasMaximum: 5 },
    });
    assert.strictEqual(client.connack.properties.topicAliasMaximum, 5);
    await client.subscribe('long/topic/+', { qos: 1 });
    const seen = new Set();
    for (let n = 0; n < 20; n += 1) {
      await client.publish(`long/topic/${n % 7}`, String(n));
      const packet = await client.expect(`long/topic/${n % 7}`, String(n), 1);
      seen.add(packet.properties?.topicAlias);
    }
    // Seven topics, five aliases.
    assert.deepStrictEqual(seen, new Set([1, 2, 3, 4, 5, undefined]));
  },

  /** Prints what this client is told: the codes of CONNACK, SUBACK and PUBACK. */
  async access() {
    const [username, password, clientId, topic] = more;
    let client;
    try {
      client = await Client.connect(clientId, { username, password });
    } catch (refusal) {
      console.log('connect', refusal.code);
      return;
    }
    console.log('connect', client.connack.returnCode ?? client.connack.reasonCode);
    client.mqtt.on('packetreceive', (packet) => {
      if (packet.cmd === 'suback') {
        console.log('subscribe', packet.granted[0]);
      }
    });
    await outcome(client.subscribe(topic, { qos: 1 }));
    const closed = once(client.mqtt, 'close').then(() => Promise.reject(new Error('closed')));
    console.log('publish', await outcome(Promise.race([client.publish(topic, 'x'), closed])));
  },
};

/** 0, or the code of the refusal. */
async function outcome(promise) {
  try {
    await promise;
    return 0;
  } catch (refusal) {
    return refusal.code ?? refusal.message;
  }
}

/** The broker sets the flag for MQTT 3.1 too, as the original does. */
function expectSession(client, present) {
  assert.strictEqual(client.connack.sessionPresent, present);
}

scenarios[scenario]().then(
  () => {
    console.log('done');
    process.exit(0);
  },
  (failure) => {
    console.error(failure);
    process.exit(1);
  },
);
