//! The configuration file.

use super::TlsVersion;
use crate::Instance;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

/// In nginx's folder.
pub(super) const PID_FILE: &str = "nginx.pid";

#[derive(Debug, Clone, Default)]
pub(super) struct Config {
    pub(super) https: Option<(PathBuf, PathBuf)>,
    pub(super) client_ca: Option<PathBuf>,
    pub(super) versions: Vec<TlsVersion>,
    pub(super) answers: BTreeMap<String, (u16, String)>,
    pub(super) locations: BTreeMap<String, String>,
}

impl Config {
    /// Everything that nginx writes is in its folder; `$dollar` is the way to write a dollar sign in a text.
    pub(super) fn render(&self, instance: &Instance) -> String {
        let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
        let tls = self.tls(instance);
        let locations = self.locations();
        let http = instance.address("http");
        let temp: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("    {kind}_temp_path temp_{kind};\n"))
            .concat();
        format!(
            r#"{user}
daemon off;
worker_processes 1;
pid {PID_FILE};
error_log stderr info;
events {{ worker_connections 256; }}
http {{
    access_log /dev/stdout;
    default_type text/plain;
    server_tokens off;
{temp}
    geo $dollar {{ default "$"; }}
    server {{
        listen {http};
{tls}
        location / {{ return 404 "not found\n"; }}
{locations}
    }}
}}
"#
        )
    }

    fn tls(&self, instance: &Instance) -> String {
        let Some((certificate, key)) = &self.https else {
            return String::new();
        };
        let mut text = format!(
            "listen {} ssl;\nssl_certificate {};\nssl_certificate_key {};\nssl_protocols {};\n",
            instance.address("https"),
            quoted(&certificate.to_string_lossy()),
            quoted(&key.to_string_lossy()),
            self.protocols(),
        );
        if self.versions.contains(&TlsVersion::V1_1) {
            // OpenSSL 3 speaks versions before 1.2 at this security level only.
            text.push_str("ssl_ciphers DEFAULT:@SECLEVEL=0;\n");
        }
        if let Some(file) = &self.client_ca {
            let file = quoted(&file.to_string_lossy());
            let _ =
                write!(text, "ssl_client_certificate {file};\nssl_verify_client on;\nssl_verify_depth 5;\n");
        }
        text
    }

    fn protocols(&self) -> String {
        let versions: &[TlsVersion] = match self.versions.as_slice() {
            [] => &[TlsVersion::V1_2, TlsVersion::V1_3],
            versions => versions,
        };
        let names = versions.iter().map(|version| match version {
            TlsVersion::V1_1 => "TLSv1.1",
            TlsVersion::V1_2 => "TLSv1.2",
            TlsVersion::V1_3 => "TLSv1.3",
        });
        names.collect::<Vec<_>>().join(" ")
    }

    fn locations(&self) -> String {
        let mut text = String::new();
        for (path, (status, body)) in &self.answers {
            let (path, body) = (quoted(path), quoted(&body.replace('$', "${dollar}")));
            let _ = writeln!(text, "location = {path} {{ return {status} {body}; }}");
        }
        for (path, directives) in &self.locations {
            let _ = writeln!(text, "location = {} {{ {directives} }}", quoted(path));
        }
        text
    }
}

/// A text in nginx's quotes.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            letter => quoted.push(letter),
        }
    }
    quoted + "\""
}
