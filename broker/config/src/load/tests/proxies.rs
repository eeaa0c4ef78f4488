//! Proxies before listeners, WebSocket and HTTP (config.md 6.3, 6.6, 7).

use super::listeners::{listener, listener_faults, of_kind};
use super::*;

#[test]
fn the_proxy_protocol_is_off_unless_asked_for() {
    for kind in ["tcp", "ws", "http"] {
        assert_eq!(listener(&of_kind(kind)).proxy_protocol, None);
        let text = format!(
            "{}listener.{kind}.proxy_protocol = on\nlistener.{kind}.a.proxy_protocol_trusted = 10.1.2.3/8; ::1",
            of_kind(kind)
        );
        let proxy = listener(&text).proxy_protocol.expect("on");
        assert!(proxy.cn_as_username);
        let networks: Vec<String> = proxy
            .trusted
            .iter()
            .map(|range| format!("{}/{}", range.address, range.prefix_len))
            .collect();
        assert_eq!(networks, ["10.0.0.0/8", "::1/128"]);
    }
    let idle = of_kind("tcp") + "listener.tcp.proxy_protocol_trusted = 10.0.0.1";
    assert_eq!(
        warnings_of(&idle),
        [
            "vernemq.conf:2: config: listener.tcp.proxy_protocol_trusted has no effect here (proxy_protocol is off)"
        ]
    );
}

#[test]
fn forwarded_for_needs_trusted_proxies() {
    let on = of_kind("ws") + "listener.ws.proxy_xff_support = on\n";
    assert_eq!(
        listener_faults(&on),
        [
            "listener.ws.proxy_xff_support = on needs the addresses of the proxies: set \
             listener.ws.a.proxy_xff_trusted_intermediate or listener.ws.proxy_xff_trusted_intermediate"
        ]
    );
    let trusted = on + "listener.ws.proxy_xff_trusted_intermediate = ::ffff:10.0.0.1;::1\n";
    let websocket = |text: &str| listener(text).websocket.expect("WebSocket");
    let forwarded_for = websocket(&trusted).forwarded_for.expect("on");
    let proxies: Vec<String> = forwarded_for.trusted.iter().map(ToString::to_string).collect();
    assert_eq!(proxies, ["10.0.0.1", "::1"]);
    assert_eq!(forwarded_for.cn_header, None);
    let named = trusted.clone() + "listener.ws.a.proxy_xff_use_cn_as_username = on\n";
    let header = |text: &str| websocket(text).forwarded_for.expect("on").cn_header;
    assert_eq!(header(&named).as_deref(), Some("x-ssl-client-cn"));
    assert_eq!(
        header(&(named + "listener.ws.a.proxy_xff_cn_header = X-CN")).as_deref(),
        Some("x-cn")
    );
    // The PROXY header says who the client is (config.md 7.2).
    let both = trusted + "listener.ws.a.proxy_protocol = on";
    assert_eq!(websocket(&both).forwarded_for, None);
    assert_eq!(
        warnings_of(&both),
        ["vernemq.conf:2: config: listener.ws.proxy_xff_support has no effect here (proxy_protocol is on)"]
    );
}

#[test]
fn websocket_has_bounds() {
    for kind in ["ws", "wss"] {
        let bounds = listener(&of_kind(kind)).websocket.expect("WebSocket");
        assert_eq!(bounds, WebSocketConfig::default());
        let text = format!(
            "{}max_ws_frame_size = 1000\nlistener.{kind}.a.max_request_line_length = 10\n\
             listener.{kind}.a.max_header_value_length = 20",
            of_kind(kind)
        );
        let own = listener(&text).websocket.expect("WebSocket");
        assert_eq!(own.frame_bytes_max, Some(1000));
        assert_eq!((own.request_line_max, own.header_value_max), (10, 20));
        assert_eq!(own.forwarded_for, None);
    }
    let unlimited = listener(&(of_kind("ws") + "max_ws_frame_size = infinity"));
    assert_eq!(unlimited.websocket.expect("WebSocket").frame_bytes_max, None);
}

#[test]
fn http_modules_have_their_ways_in() {
    let http = |text: &str| listener(&(of_kind("https") + text)).http.expect("HTTP");
    assert_eq!(http(""), HttpConfig::default());
    let own = "listener.https.a.http_modules = [vmq_http_v2_api, vmq_health_http, vmq_health_http]\n";
    assert_eq!(
        http(own).modules,
        [
            (HttpModule::V2, HttpAuth::ApiKey),
            (HttpModule::Health, HttpAuth::Open)
        ]
    );
    let for_all = "http_modules = [vmq_metrics_http]\nhttp_module.vmq_metrics_http.auth.mode = apikey\n";
    assert_eq!(http(for_all).modules, [(HttpModule::Metrics, HttpAuth::ApiKey)]);
    let opened = "listener.https.a.http_module.vmq_metrics_http.auth.mode = noauth";
    assert_eq!(
        http(&format!("{for_all}{opened}")).modules,
        [(HttpModule::Metrics, HttpAuth::Open)]
    );
}

#[test]
fn http_modules_that_lead_nowhere_are_told() {
    let text = "http_modules = [vmq_mgmt_http, vmq_http_pub, vmq_status_http]\n";
    let loaded = load_text(&(of_kind("http") + "listener.http.b = 127.0.0.1:0\n" + text));
    let modules = loaded.config.listeners[1].http.clone().expect("HTTP").modules;
    assert_eq!(modules, [(HttpModule::Status, HttpAuth::Open)]);
    let texts: Vec<&str> = loaded
        .warnings
        .iter()
        .map(|notice| notice.text.as_str())
        .collect();
    assert_eq!(
        texts,
        [
            "http_modules: no HTTP module is called vmq_mgmt_http, it is left out; there is vmq_http_mgmt_api",
            "http_modules: vmq_http_pub is left out: set plugins.vmq_http_pub = on to serve it"
        ]
    );
    let on = of_kind("http") + "plugins.vmq_http_pub = on\nlistener.http.a.http_modules = [vmq_http_pub]";
    assert_eq!(
        listener(&on).http.expect("HTTP").modules,
        [(HttpModule::Publish, HttpAuth::ApiKey)]
    );
    // It would leave open what was to be closed.
    let mistyped = listener_faults(&(of_kind("http") + "http_module.vmq_mgmt_http.auth.mode = apikey"));
    assert!(
        mistyped[0].contains("no HTTP module is called vmq_mgmt_http; there is vmq_metrics_http, "),
        "{mistyped:?}"
    );
}
