//! Where redirects lead, and what goes along.

use super::{at, broken};
use crate::support::{answered, failure};
use purlin_core::{Endpoint, SecretRef};
use purlin_health::checks::Http;
use purlin_testkit::NginxSettings;

#[tokio::test]
async fn they_are_followed_as_often_as_is_said() {
    let settings = NginxSettings::new()
        .path("/one", 301, "/two")
        .path("/two", 302, "/health")
        .path("/loop", 302, "/loop");
    let Some(nginx) = settings.start().unwrap() else { return };
    let get = |path: &str| Http::get(&at(&nginx, path)).unwrap();

    let evidence = answered(&get("/one").follow(2).expect_status(200..=200).expect_text("ok")).await;
    assert_eq!(evidence.message, "200 OK in 3 bytes");
    // Unless it is told to follow, the redirect is the answer.
    answered(&get("/one").expect_status(301..=301)).await;
    for check in [get("/one").follow(1), get("/loop").follow(5)] {
        let failure = failure(&check).await;
        assert_eq!(failure.cause, broken("redirect"));
        assert!(failure.message.starts_with("more than "), "{}", failure.message);
    }
}

#[tokio::test]
async fn a_redirect_to_nowhere_is_named() {
    let settings = NginxSettings::new().path("/ftp", 302, "ftp://files.example.org/x");
    let secret = "http://app:hunter2@www.example.org/";
    let Some(nginx) = settings.path("/secret", 302, secret).start().unwrap() else { return };
    for path in ["/ftp", "/secret"] {
        let failure = failure(&Http::get(&at(&nginx, path)).unwrap().follow(3)).await;
        assert_eq!(failure.cause, broken("redirect"));
        assert!(!failure.message.contains("hunter2"), "{}", failure.message);
    }
}

/// Login, cookies, name and way belong to the server that the check is about.
#[tokio::test]
async fn another_server_is_told_no_secret_and_is_asked_by_its_own_name() {
    let seen = r#"return 200 "[$http_authorization|$http_cookie|$http_x_kept|$http_host]";"#;
    let Some(other) = NginxSettings::new().location("/seen", seen).start().unwrap() else { return };
    let away = format!("http://{}/seen", other.http());
    let settings = NginxSettings::new()
        .path("/away", 302, away.clone())
        .path("/home", 302, "/seen")
        .location("/seen", seen);
    let Some(nginx) = settings.start().unwrap() else { return };
    let get = |path: &str| {
        let check = Http::get(&format!("http://app.example.org:{}{path}", nginx.http().port())).unwrap();
        let way = Endpoint::new("127.0.0.1", nginx.http().port()).unwrap();
        let check = check.connect_to(way).basic_auth("app", SecretRef::literal("secret".to_owned()));
        check.header("Cookie", "c=1").unwrap().header("X-Kept", "k").unwrap().follow(1)
    };
    let port = nginx.http().port();
    let home = format!("[Basic YXBwOnNlY3JldA==|c=1|k|app.example.org:{port}]");
    answered(&get("/home").expect_text(home)).await;
    answered(&get("/away").expect_text(format!("[||k|{}]", other.http()))).await;
}

/// RFC 9110, section 15.4.
#[tokio::test]
async fn a_post_goes_on_as_browsers_do_it() {
    let mut settings =
        NginxSettings::new().location("/seen", r#"return 200 "[$request_method|$content_length]";"#);
    for status in [301, 302, 303, 307, 308] {
        settings = settings.path(format!("/{status}"), status, "/seen");
    }
    let Some(nginx) = settings.start().unwrap() else { return };
    for (status, seen) in
        [(301, "[GET|]"), (302, "[GET|]"), (303, "[GET|]"), (307, "[POST|3]"), (308, "[POST|3]")]
    {
        let check = Http::post(&at(&nginx, &format!("/{status}")), "a=b").unwrap().follow(1);
        answered(&check.expect_text(seen)).await;
    }
    let head = Http::head(&at(&nginx, "/303")).unwrap().follow(1);
    assert_eq!(answered(&head).await.message, "200 OK in 0 bytes");
}
