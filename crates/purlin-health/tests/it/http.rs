//! Web servers: a real nginx, and such as nginx would never be.

mod bad;
mod kept;
mod proxy;
mod redirects;
mod tls;

use crate::support::{answered, cx, failure};
use purlin_core::SecretRef;
use purlin_health::checks::Http;
use purlin_health::{Cause, Check, Phase, Status};
use purlin_testkit::{Canary, Nginx, NginxSettings};

/// The URL of a path.
fn at(nginx: &Nginx, path: &str) -> String {
    format!("http://{}{path}", nginx.http())
}

fn broken(expectation: &str) -> Cause {
    Cause::Assertion(expectation.to_owned())
}

#[tokio::test]
async fn a_good_answer_is_told_with_time_size_and_every_phase() {
    let Some(nginx) = NginxSettings::new().start().unwrap() else { return };
    let evidence = answered(&Http::get(&at(&nginx, "/health")).unwrap()).await;
    assert_eq!((evidence.status, &*evidence.message), (Status::Ok, "200 OK in 3 bytes"));
    let names: Vec<_> = evidence.measurements.iter().map(|it| &*it.name).collect();
    assert_eq!(names, ["time", "size"]);
    let phases: Vec<_> = evidence.phases.iter().map(|(phase, _)| phase).collect();
    assert_eq!(phases, [Phase::Resolve, Phase::Connect, Phase::FirstByte, Phase::Transfer]);
}

#[tokio::test]
async fn each_expectation_is_named_when_it_is_broken() {
    let settings = NginxSettings::new()
        .path("/json", 200, r#"{"status": "UP", "components": {"db": {"status": "DOWN"}}}"#)
        .location("/site", "add_header X-Site lon; return 200 ok;");
    let Some(nginx) = settings.path("/gone", 503, "in maintenance\n").start().unwrap() else { return };
    let get = |path: &str| Http::get(&at(&nginx, path)).unwrap();

    let good = get("/json").expect_json("/status", "UP").expect_text("components").expect_status(200..=200);
    assert_eq!(answered(&good).await.status, Status::Ok);
    assert_eq!(answered(&get("/site").expect_header("x-site", "lon")).await.status, Status::Ok);
    assert_eq!(answered(&get("/gone").expect_status(503..=503)).await.status, Status::Ok);

    let db = "/components/db/status";
    for (check, what, message) in [
        (get("/gone"), "status", "503 Service Unavailable, expected 200 to 399"),
        (get("/health").expect_status(204..=204), "status", "200 OK, expected 204"),
        (get("/health").expect_text("UP"), "text", "no \"UP\" in the body"),
        (get("/site").expect_header("X-Site", "ams"), "header", "no header X-Site: ams"),
        (get("/json").expect_json(db, "UP"), "json", "\"DOWN\" at /components/db/status, expected \"UP\""),
        (get("/json").expect_json("/none", 1), "json", "nothing at /none, expected 1"),
        (get("/health").expect_json("/status", "UP"), "json", "the body is no JSON"),
        (get("/health").body_limit(2), "size", "200 OK, and a body of more than 2 bytes"),
    ] {
        let failure = failure(&check).await;
        assert_eq!((failure.cause, &*failure.message), (broken(what), message));
    }
    assert_eq!(answered(&get("/health").body_limit(3)).await.status, Status::Ok);
}

#[tokio::test]
async fn methods_bodies_and_headers_arrive() {
    let settings = NginxSettings::new().location(
        "/echo",
        r#"add_header X-Method $request_method; return 200 "$http_x_token|$content_length";"#,
    );
    let Some(nginx) = settings.start().unwrap() else { return };
    let url = at(&nginx, "/echo");
    let post = Http::post(&url, "a=b").unwrap().header("X-Token", "t1").unwrap();
    answered(&post.expect_text("t1|3").expect_header("X-Method", "POST")).await;
    answered(&Http::with("PURGE", &url).unwrap().expect_header("X-Method", "PURGE")).await;
    let head = answered(&Http::head(&at(&nginx, "/health")).unwrap().expect_status(200..=200)).await;
    assert_eq!(head.message, "200 OK in 0 bytes");
    assert!(Http::with("GE T", &url).is_err());
    assert!(Http::get(&url).unwrap().header("X", "a\nb").is_err());
}

#[tokio::test]
async fn a_login_is_sent_and_its_password_is_told_to_nobody_else() {
    let password = Canary::new();
    let folder = tempfile::tempdir().unwrap();
    let users = folder.path().join("users");
    std::fs::write(&users, format!("app:{{PLAIN}}{}\n", password.secret().expose())).unwrap();
    let directives =
        format!("auth_basic here; auth_basic_user_file {}; try_files /none =204;", users.display());
    let Some(nginx) = NginxSettings::new().location("/inner", directives).start().unwrap() else { return };
    let get = || Http::get(&at(&nginx, "/inner")).unwrap().expect_status(204..=204);

    let refused = failure(&get()).await;
    assert_eq!((refused.cause, &*refused.message), (broken("status"), "401 Unauthorized, expected 204"));
    let wrong = get().basic_auth("app", SecretRef::literal("wrong".to_owned()));
    assert_eq!(failure(&wrong).await.cause, broken("status"));

    let secret = std::env::temp_dir().join(format!("purlin-{}", std::process::id()));
    std::fs::write(&secret, password.secret().expose()).unwrap();
    let check = get().basic_auth("app", SecretRef::file(&secret));
    assert_eq!(answered(&check).await.status, Status::Ok);
    password.assert_absent(format!("{check:?}"));
    // It is fetched each time: without its file nothing is known about the target.
    std::fs::remove_file(&secret).unwrap();
    let outcome = check.run(&cx()).await;
    assert!(matches!(outcome, purlin_health::CheckOutcome::Prober(_)), "{outcome:?}");
}
