//! Secrets are found in what programs and libraries make of them.

use crate::again::alone;
use purlin_testkit::{Binary, Canary, Capture, capture};

/// What a program makes of the secret.
fn printed(canary: &Canary, script: &str) -> String {
    let output = Binary::new("bash").args(["-c", script]).env("SECRET", canary.expose()).run().unwrap();
    assert_eq!(output.code(), Some(0), "{}", output.stderr);
    output.stdout
}

fn assert_found(canary: &Canary, text: &str, form: &str) {
    assert_eq!(canary.find(text), Some(form), "{text}");
    let panic = std::panic::catch_unwind(|| canary.assert_absent(text)).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(message.contains(form), "{message}");
    assert_eq!(canary.find(message), None, "the message shows it");
}

#[test]
fn it_is_found_as_it_is_and_in_pieces() {
    let canary = Canary::new();
    assert_found(&canary, &format!("password={} user=app", canary.expose()), "as it is");
    let half = &canary.expose()[..16];
    assert_found(&canary, &format!("password={half}..."), "a part of it");
}

#[test]
fn it_is_found_in_what_programs_make_of_it() {
    let canary = Canary::new();
    for pad in ["", "x", "xy", "xyz"] {
        let script = format!("printf '%s' \"{pad}$SECRET:more\" | base64 -w0");
        let text = printed(&canary, &script);
        assert_found(&canary, &text, "base64");
        assert_found(&canary, &text.replace('+', "-").replace('/', "_"), "base64");
    }
    assert_found(
        &canary,
        &printed(&canary, "printf '%s' \"$SECRET\" | od -An -v -tx1 | tr -d ' \\n'"),
        "hex",
    );
    let spaced = printed(&canary, "printf '%s' \"$SECRET\" | od -An -v -w999 -tx1");
    assert_found(&canary, &spaced, "hex");
    assert_found(&canary, &spaced.to_uppercase(), "hex");
    assert_found(&canary, &printed(&canary, "printf '%q' \"$SECRET\""), "shell-quoted");
    assert_found(&canary, &printed(&canary, "printf '%s' \"${SECRET@Q}\""), "shell-quoted");
}

#[test]
fn it_is_found_in_what_libraries_make_of_it() {
    let canary = Canary::new();
    let coded = |plain: fn(u8) -> bool, upper: bool| -> String {
        let byte = |byte: u8| match (plain(byte), upper) {
            (true, _) => char::from(byte).to_string(),
            (false, true) => format!("%{byte:02X}"),
            (false, false) => format!("%{byte:02x}"),
        };
        canary.expose().bytes().map(byte).collect()
    };
    for upper in [true, false] {
        assert_found(&canary, &coded(|byte| byte.is_ascii_alphanumeric(), upper), "percent-coded");
        assert_found(&canary, &coded(|_| false, upper), "percent-coded");
        let form = coded(|byte| byte.is_ascii_alphanumeric() || byte == b' ', upper).replace(' ', "+");
        assert_found(&canary, &form, "percent-coded");
    }
    assert_found(&canary, &format!("{:?}", canary.expose()), "escaped");
}

#[test]
fn it_is_not_found_where_it_is_not() {
    let (canary, other) = (Canary::new(), Canary::new());
    canary.assert_absent("");
    canary.assert_absent(other.expose());
    canary.assert_absent(format!("{:?}", std::env::vars().collect::<Vec<_>>()));
    assert_ne!(canary.expose(), other.expose());
}

#[test]
fn it_never_prints_itself() {
    let canary = Canary::new();
    canary.assert_absent(format!("{canary:?} {:?}", canary.secret()));
    assert_eq!(canary.secret().expose(), canary.expose());
}

#[test]
fn a_given_secret_is_found_as_well() {
    let canary = Canary::of("correct horse");
    assert_found(&canary, "it was 'correct horse'", "as it is");
    assert_found(&canary, "Y29ycmVjdCBob3JzZQ==", "base64");
    canary.assert_absent("correct");
}

#[test]
#[should_panic(expected = "a canary has at least 8 bytes")]
fn a_secret_that_is_found_everywhere_is_none() {
    let _ = Canary::of("secret");
}

#[test]
fn every_field_of_spans_and_events_is_recorded() {
    alone(|| {
        let canary = Canary::new();
        let secret = canary.expose();
        let source = std::io::Error::other(secret.to_owned());
        let error: Box<dyn std::error::Error> =
            purlin_core::Error::new(purlin_core::ErrorKind::Denied, "no").with_source(source).into();
        let tellers: [&dyn Fn(); 6] = [
            &|| drop(tracing::trace_span!("a.b.c", user = secret)),
            &|| drop(tracing::info_span!("a.b.c", login = ?(1, secret))),
            &|| {
                let span = tracing::info_span!("a.b.c", later = tracing::field::Empty);
                span.record("later", secret);
            },
            &|| tracing::trace!("connecting with {secret}"),
            &|| tracing::error!(error = &*error, "failed"),
            &|| tracing::debug!(name: "told", target: "elsewhere", { secret }, "done"),
        ];
        for tell in tellers {
            let ((), text) = capture(tell);
            assert!(canary.find(&text).is_some(), "{text}");
        }
    });
}

#[test]
fn what_came_before_or_after_is_not_recorded() {
    alone(|| {
        tracing::info!("before");
        let capture = Capture::start();
        tracing::info!("within");
        let text = capture.text();
        assert!(text.contains("message=within") && !text.contains("before"), "{text}");
        drop(capture);
        let ((), text) = self::capture(|| ());
        assert_eq!(text, "");
    });
}
