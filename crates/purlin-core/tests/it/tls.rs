//! TLS settings as a value.

use purlin_core::{Pem, TlsSettings};
use std::path::PathBuf;

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

#[test]
fn certificates_in_place_of_a_path_are_not_taken_for_one() {
    for text in [CERTIFICATE.to_owned(), format!("\n  {CERTIFICATE}")] {
        let settings = TlsSettings::new().ca(text);
        assert_eq!(settings.ca, [Pem::bytes(CERTIFICATE.as_bytes())]);
        assert!(!format!("{settings:?}").contains("MIIB"));
    }
    assert_eq!(Pem::from("ca.pem"), Pem::File(PathBuf::from("ca.pem")));
}

#[test]
fn the_same_in_configuration_files() {
    let settings: TlsSettings =
        toml::from_str(&format!("ca = [\"ca.pem\", '''{CERTIFICATE}''']\nserver_name = \"db1.lon\""))
            .unwrap();
    assert_eq!(settings.ca, [Pem::from("ca.pem"), Pem::bytes(CERTIFICATE.as_bytes())]);
    let error = toml::from_str::<TlsSettings>("client_key = \"hunter2\"").unwrap_err();
    assert!(!error.message().contains("hunter2"), "{}", error.message());
    assert!(toml::from_str::<TlsSettings>("verify = false").unwrap_err().message().contains("unknown field"));
}
