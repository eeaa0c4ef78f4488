//! Variable byte integers: at most four bytes, minimal form [MQTT-1.5.5-1].
