# Scenarios for paho.mqtt.client, with its API of 1.x, which 2.x still has.
# Usage: with_paho.py URL LEVEL SCENARIO [USER PASSWORD CLIENT_ID TOPIC]; LEVEL 3, 4 or 5. The last line says "done".
# A URL like wss://127.0.0.1:8084/mqtt wants the authority to trust in the file that CAFILE names.

import os
import queue
import sys
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

URL, LEVEL, SCENARIO = urlsplit(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
V5 = LEVEL == 5
PATIENCE = 15


class Client:
    """A client that is connected, and what it has received."""

    def __init__(self, client_id, persistent=False, will=None, user=None, password=None):
        self.messages, self.acks = queue.Queue(), queue.Queue()
        api = [mqtt.CallbackAPIVersion.VERSION1] if hasattr(mqtt, "CallbackAPIVersion") else []
        session = {} if V5 else {"clean_session": not persistent}
        self.mqtt = mqtt.Client(*api, client_id=client_id, protocol=LEVEL, **carrier(), **session)
        if URL.scheme in ("mqtts", "wss"):
            self.mqtt.tls_set(os.environ["CAFILE"])
        self.mqtt.on_message = lambda _client, _data, message: self.messages.put(message)
        self.mqtt.on_connect = lambda _client, _data, flags, code, *_: self.acks.put((flags, int(value(code))))
        # Version 5 gives one reason code a topic, the others a list of numbers.
        self.mqtt.on_subscribe = lambda _client, _data, _mid, codes, *_: self.acks.put([value(c) for c in codes])
        self.mqtt.on_unsubscribe = lambda *_: self.acks.put("unsubscribed")
        self.mqtt.on_disconnect = lambda _client, _data, code, *_: self.acks.put(("lost", value(code)))
        if will:
            self.mqtt.will_set(*will)
        if user:
            self.mqtt.username_pw_set(user, password)
        arguments = {}
        if V5:
            arguments["clean_start"] = not persistent
            arguments["properties"] = Properties(PacketTypes.CONNECT)
            arguments["properties"].SessionExpiryInterval = 60 if persistent else 0
        self.mqtt.connect(URL.hostname, URL.port, 60, **arguments)
        self.mqtt.loop_start()
        self.flags, self.code = self.ack()

    def ack(self):
        return self.acks.get(timeout=PATIENCE)

    def subscribe(self, topic, qos=2, **more):
        self.mqtt.subscribe(topic, qos, **more)
        return self.ack()

    def publish(self, topic, payload, qos=1, **more):
        info = self.mqtt.publish(topic, payload, qos, **more)
        info.wait_for_publish()
        return info

    def receive(self):
        return self.messages.get(timeout=PATIENCE)

    def expect(self, topic, payload, qos, retain=False):
        message = self.receive()
        seen = (message.topic, message.payload.decode(), message.qos, bool(message.retain))
        assert seen == (topic, payload, qos, retain), seen
        return message

    def disconnect(self):
        self.mqtt.disconnect()
        assert self.ack()[0] == "lost"
        self.mqtt.loop_stop()


def carrier():
    # Its default path is the broker's.
    return {"transport": "websockets"} if URL.scheme in ("ws", "wss") else {}


def value(code):
    return getattr(code, "value", code)


def every_qos():
    client = Client("all")
    assert client.code == 0
    assert client.subscribe([("q/+", 2), ("other", 1), ("third", 0)], qos=0) == [2, 1, 0]
    for qos in range(3):
        client.publish("q/%d" % qos, "grün", qos)
        client.expect("q/%d" % qos, "grün", qos)
    client.publish("other", "x", 2)
    client.expect("other", "x", 1)
    client.disconnect()


def large():
    # Payloads of many frames, each way.
    client = Client("large")
    client.subscribe("large")
    for length in (300 * 1024, 65535, 1, 2 * 1024 * 1024):
        payload = bytes(n % 251 for n in range(251)) * (length // 251 + 1)
        for qos in range(3):
            client.publish("large", payload[:length], qos)
            message = client.receive()
            assert message.payload == payload[:length], (length, len(message.payload))
            assert message.qos == qos


def in_order():
    receiver, sender = Client("receiver"), Client("sender")
    receiver.subscribe("n", 1)
    infos = [sender.mqtt.publish("n", str(n), 1) for n in range(1000)]
    for n in range(1000):
        receiver.expect("n", str(n), 1)
    for info in infos:
        info.wait_for_publish()
    sender.disconnect()
    receiver.disconnect()


def resume():
    first = Client("sleeper", persistent=True)
    expect_session(first, 0)
    first.subscribe("s/#", 2)
    first.disconnect()
    sender = Client("sender")
    sender.publish("s/0", "lost", 0)
    for n in range(500):
        sender.publish("s/%d" % qos_of(n), str(n), qos_of(n))
    again = Client("sleeper", persistent=True)
    expect_session(again, 1)
    seen = [again.receive() for _ in range(500)]
    # paho hands out QoS 2 at PUBREL, so that the order holds for each QoS.
    for qos in (1, 2):
        expected = [str(n) for n in range(500) if qos_of(n) == qos]
        assert [message.payload.decode() for message in seen if message.qos == qos] == expected
    sender.publish("s/0", "live", 0)
    again.expect("s/0", "live", 0)
    again.disconnect()
    # A clean start takes the session away.
    fresh = Client("sleeper")
    expect_session(fresh, 0)
    fresh.disconnect()


def qos_of(n):
    return 1 + n % 2


def expect_session(client, present):
    # The broker sets the flag for MQTT 3.1 too, as the original does.
    assert client.flags["session present"] == present


def retained():
    sender = Client("sender")
    sender.publish("r/a", "old", 1, retain=True)
    sender.publish("r/a", "new", 1, retain=True)
    sender.publish("r/b", "x", 1, retain=True)
    sender.publish("r/b", None, 1, retain=True)
    late = Client("late")
    late.subscribe("r/#")
    late.expect("r/a", "new", 1, retain=True)
    sender.publish("r/b", "live", 2, retain=True)
    late.expect("r/b", "live", 2)


def will():
    watcher = Client("watcher")
    watcher.subscribe("w/#")
    Client("polite", will=("w/polite", "gone", 1)).disconnect()
    lost = Client("lost", will=("w/lost", "gone", 1, True))
    lost.mqtt.loop_stop()
    lost.mqtt.socket().close()
    watcher.expect("w/lost", "gone", 1)


def unsubscribe():
    client = Client("client")
    client.subscribe("a")
    client.subscribe("b")
    client.mqtt.unsubscribe("a")
    assert client.ack() == "unsubscribed"
    client.publish("a", "not for us")
    client.publish("b", "for us")
    client.expect("b", "for us", 1)


def properties():
    client = Client("client")
    given = Properties(PacketTypes.SUBSCRIBE)
    given.SubscriptionIdentifier = 300
    assert client.subscribe("p", 2, properties=given) == [2]
    given = Properties(PacketTypes.PUBLISH)
    given.ContentType = "application/json"
    given.CorrelationData = b"\x00\x01\xff"
    given.MessageExpiryInterval = 1000
    given.PayloadFormatIndicator = 1
    given.ResponseTopic = "answer"
    given.UserProperty = [("k", "v"), ("k", "w"), ("ü", "")]
    client.publish("p", "{}", 2, properties=given)
    seen = client.expect("p", "{}", 2).properties
    assert seen.ContentType == "application/json"
    assert seen.CorrelationData == b"\x00\x01\xff"
    assert 980 <= seen.MessageExpiryInterval <= 1000
    assert seen.PayloadFormatIndicator == 1
    assert seen.ResponseTopic == "answer"
    assert seen.UserProperty == [("k", "v"), ("k", "w"), ("ü", "")]
    assert seen.SubscriptionIdentifier == [300]


def request_response():
    server, asker = Client("server"), Client("asker")
    server.subscribe("question")
    asker.subscribe("answer/asker")
    given = Properties(PacketTypes.PUBLISH)
    given.ResponseTopic = "answer/asker"
    given.CorrelationData = b"42"
    asker.publish("question", "?", 1, properties=given)
    question = server.expect("question", "?", 1).properties
    given = Properties(PacketTypes.PUBLISH)
    given.CorrelationData = question.CorrelationData
    server.publish(question.ResponseTopic, "!", 1, properties=given)
    assert asker.expect("answer/asker", "!", 1).properties.CorrelationData == b"42"


def options():
    sender, client = Client("sender"), Client("client")
    sender.publish("o/a", "kept", 1, retain=True)
    quiet = SubscribeOptions(qos=2, noLocal=True, retainAsPublished=True, retainHandling=2)
    client.subscribe("o/#", 0, options=quiet)
    client.publish("o/b", "own", 1)
    sender.publish("o/b", "flag", 1, retain=True)
    client.expect("o/b", "flag", 1, retain=True)
    sender.publish("o/b", "plain", 1)
    client.expect("o/b", "plain", 1)


def access():
    """Prints what this client is told: the codes of its CONNACK and of its SUBACK."""
    user, password, client_id, topic = sys.argv[4:]
    client = Client(client_id, user=user, password=password)
    print("connect", client.code)
    if client.code == 0:
        print("subscribe", client.subscribe(topic, 1)[0])


globals()[SCENARIO]()
print("done")
