//! Routes: which module a path belongs to, which methods it knows, and whether it wants a key (config.md 6.6,
//! admin.md 16).

use super::api::Api;
use super::health::Probe;
use super::status::Part;
use http::Method;
use vmq_config::{HttpAuth, HttpModule};

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Route {
    pub module: HttpModule,
    pub page: Page,
    pub auth: HttpAuth,
}

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    Health(Probe),
    Metrics,
    Api(Api),
    Status(Part),
    /// A module that this version does not have.
    Unavailable,
}

/// The first of the modules that knows the path. `None` = 404.
pub(super) fn find(modules: &[(HttpModule, HttpAuth)], path: &str) -> Option<Route> {
    modules.iter().find_map(|&(module, auth)| {
        let page = page(module, path)?;
        let auth = if is_public(module, path) {
            HttpAuth::Open
        } else {
            auth
        };
        Some(Route { module, page, auth })
    })
}

fn page(module: HttpModule, path: &str) -> Option<Page> {
    if module == HttpModule::Health {
        return Probe::of_path(path).map(Page::Health);
    }
    if module == HttpModule::Status {
        return Part::of_path(path).map(Page::Status);
    }
    let is_below = |root: &str| {
        path.strip_prefix(root)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let is_here = match module {
        HttpModule::Health | HttpModule::Status => false,
        HttpModule::Metrics => path == "/metrics",
        HttpModule::Management => is_below("/api/v1"),
        // One command, one segment.
        HttpModule::V2 => path
            .strip_prefix("/api/v2/")
            .is_some_and(|command| !command.is_empty() && !command.contains('/')),
        HttpModule::Publish => path == "/restmqtt/api/v1/publish",
        HttpModule::WebUi => {
            is_below("/webui") || path.starts_with("/assets/") || path.starts_with("/webuiapi/")
        }
    };
    is_here.then_some(match module {
        HttpModule::Metrics => Page::Metrics,
        HttpModule::Management => Page::Api(Api::V1),
        HttpModule::V2 => Page::Api(Api::V2),
        _ => Page::Unavailable,
    })
}

/// Open to everybody, whatever the module wants: that the server answers, and the page that asks for the key.
fn is_public(module: HttpModule, path: &str) -> bool {
    match module {
        HttpModule::Health => path == "/health/ping",
        HttpModule::Status => path != "/status.json",
        _ => false,
    }
}

impl Route {
    /// What this request needs before it is answered. Browsers ask without a key what they may send with one.
    pub(super) fn auth_of(&self, method: &Method) -> HttpAuth {
        match self.page {
            Page::Api(_) if method == Method::OPTIONS => HttpAuth::Open,
            _ => self.auth,
        }
    }

    /// Whether the method exists here. Health answers any (monitoring.md 4); CONNECT is none, it wants a tunnel.
    pub(super) fn allows(&self, method: &Method) -> bool {
        match self.module {
            HttpModule::Health => method != Method::CONNECT,
            _ => self
                .allowed_text()
                .split(", ")
                .any(|allowed| allowed == method.as_str()),
        }
    }

    /// The methods, for the header `Allow`.
    pub(super) const fn allowed_text(&self) -> &'static str {
        if matches!(self.page, Page::Status(Part::Feed)) {
            // monitoring.md 5.1
            return "GET";
        }
        match self.module {
            HttpModule::Health | HttpModule::Metrics | HttpModule::Status => "GET, HEAD, OPTIONS",
            // POST: commands that change something (admin.md 14.2).
            HttpModule::Management | HttpModule::V2 => "GET, HEAD, OPTIONS, POST",
            HttpModule::Publish => "POST, PUT",
            HttpModule::WebUi => "GET, POST, PUT",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use HttpAuth::{ApiKey, Open};
    use HttpModule::{Health, Management, Metrics, Publish, Status, V2, WebUi};

    const ALL: [HttpModule; 7] = [Metrics, Status, Health, Management, V2, Publish, WebUi];

    fn module_of(path: &str) -> Option<HttpModule> {
        let modules = ALL.map(|module| (module, Open));
        find(&modules, path).map(|route| route.module)
    }

    /// config.md 6.6
    #[test]
    fn each_path_has_its_module() {
        for (module, paths) in [
            (Metrics, &["/metrics"][..]),
            (Status, &["/status", "/status/", "/status.json"]),
            (Health, &["/health", "/health/ping", "/health/listeners"]),
            (Management, &["/api/v1", "/api/v1/", "/api/v1/session/show"]),
            (V2, &["/api/v2/client"]),
            (Publish, &["/restmqtt/api/v1/publish"]),
            (WebUi, &["/webui", "/webui/", "/assets/x", "/webuiapi/login"]),
        ] {
            for path in paths {
                assert_eq!(module_of(path), Some(module), "{path}");
            }
        }
    }

    #[test]
    fn other_paths_have_none() {
        for path in [
            "",
            "/",
            "*",
            "/metrics/",
            "/metricsx",
            "/statusx",
            "/status/css/x.css",
            "/status/../metrics",
            "/health/",
            "/health/x",
            "/health/ping/",
            "/HEALTH",
            "/api/v1x",
            "/api/v2",
            "/api/v2/",
            "/api/v2/a/b",
            "/restmqtt/api/v1/publish/x",
            "/webuix",
            "/assets",
            "/health/../metrics",
            "//health",
        ] {
            assert_eq!(module_of(path), None, "{path}");
        }
    }

    #[test]
    fn what_is_not_configured_is_not_there() {
        for module in ALL {
            for path in [
                "/metrics",
                "/status",
                "/health",
                "/api/v1",
                "/api/v2/x",
                "/restmqtt/api/v1/publish",
                "/webui",
            ] {
                let found = find(&[(module, Open)], path);
                assert!(
                    found.is_none_or(|route| route.module == module),
                    "{module:?} {path}"
                );
            }
        }
    }

    /// monitoring.md 5.1, admin.md 16
    #[test]
    fn some_pages_never_want_a_key() {
        let auth_of = |module, path| find(&[(module, ApiKey)], path).map(|route| route.auth);
        assert_eq!(auth_of(Health, "/health/ping"), Some(Open));
        assert_eq!(auth_of(Health, "/health"), Some(ApiKey));
        assert_eq!(auth_of(Status, "/status"), Some(Open));
        assert_eq!(auth_of(Status, "/status.json"), Some(ApiKey));
        assert_eq!(auth_of(Metrics, "/metrics"), Some(ApiKey));
    }
}
