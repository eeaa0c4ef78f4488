//! The HTTP side and requests that are meant badly (admin.md 14.2, 14.3): every one has a short answer, and the next one
//! is served.

use super::web::{Web, basic};

/// 400 with an alert, whose text tells which part it was.
#[test]
fn what_cannot_be_decoded_is_refused() {
    let web = Web::started("");
    for (path, part) in [
        ("session/show?--client_id=%", "%"),
        ("session/show?--client_id=%4", "%4"),
        ("session/show?--client_id=%zz", "%zz"),
        ("session/show?--client_id=%ff%fe", "%ff%fe"),
        ("session/show?%C3%28=1", "%C3%28"),
        ("session/%ff", "%ff"),
        ("session/%2", "%2"),
    ] {
        let text = format!(r#"Invalid percent-encoding or UTF-8: \"{part}\""#);
        assert_eq!(
            web.get(&format!("/api/v1/{path}")).alert(),
            (400, text.as_str()),
            "{path}"
        );
    }
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let headers = format!("x-api-key: {}\r\n{form}", web.key);
    let reply = web.send("POST", "/api/v1/metrics/reset", &headers, "a=%ff");
    assert_eq!(reply.status, 400);
    let reply = web.send("POST", "/api/v1/metrics/reset", &headers, &"a=b&".repeat(300));
    assert_eq!(reply.alert(), (400, "Too many arguments, the most is 256"));
    let json = format!("x-api-key: {}\r\nContent-Type: application/json\r\n", web.key);
    let reply = web.send("POST", "/api/v1/metrics/reset", &json, "{}");
    assert_eq!((reply.status, reply.body.as_str()), (415, ""));
}

#[test]
fn large_requests_are_bounded() {
    let web = Web::started("");
    let long = "x".repeat(9000);
    assert_eq!(
        web.get(&format!("/api/v1/session/show?--client_id={long}"))
            .status,
        414
    );
    assert_eq!(web.get(&format!("/api/v1/{long}")).status, 414);
    let key = format!("x-api-key: {}\r\n", web.key);
    let reply = web.send(
        "GET",
        "/api/v1/session/show",
        &format!("x-api-key: {long}\r\n"),
        "",
    );
    assert_eq!(reply.status, 431);
    let reply = web.send("GET", "/api/v1/session/show", &basic(&long), "");
    assert_eq!(reply.status, 431);
    let announced = format!("{key}Content-Length: 65537\r\n");
    assert_eq!(
        web.send("POST", "/api/v1/metrics/reset", &announced, "").status,
        413
    );
    // Just within the bounds: many words, many keys, many ids.
    let deep = "a/".repeat(3900);
    assert_eq!(web.get(&format!("/api/v1/{deep}")).status, 400);
    let keys: String = (0..256).map(|number| format!("k{number}=v&")).collect();
    assert_eq!(web.get(&format!("/api/v1/set?{keys}")).status, 200);
    let ids = format!("client-ids={}", "x,".repeat(30_000));
    let reply = web.post("/api/v1/session/disconnect/clients", &ids);
    assert_eq!(
        (reply.status, reply.body.as_str()),
        (200, r#"{"text":"Done","type":"text"}"#)
    );
    assert_eq!(web.get("/api/v1/cluster/show").status, 200);
}

/// What somebody sends comes back escaped, and never as a header or a line of the log.
#[test]
fn texts_stay_texts() {
    let web = Web::started("");
    let reply = web.get("/api/v1/session/show?--colour%0d%0aX-Evil:%201=1");
    assert_eq!(reply.status, 400);
    assert!(!reply.head.contains("x-evil"), "{reply:?}");
    assert_eq!(reply.alert().1, r#"Invalid key: \"colour\r\nX-Evil: 1\""#);
    let reply = web.get("/api/v1/session/disconnect?client-id=a%0a%1b[2Jb%00&--cleanup");
    assert_eq!(reply.status, 200);
    web.node
        .wait_for_log(r#"cmd="session disconnect client-id=a\n\u{1b}[2Jb\0 --cleanup""#);
    for path in [
        "/api/v1/../v1/cluster/show",
        "/api/v1//cluster/show",
        "/api/v1/%2e%2e/metrics",
    ] {
        assert_eq!(web.get(path).status, 400, "{path}");
    }
    let fragments = web.get("/api/v1/session/show?--client_id=%3Cscript%3E%22");
    assert_eq!(fragments.body, r#"{"table":[],"type":"table"}"#);
}
