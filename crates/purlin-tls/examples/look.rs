//! Shows the certificates of a TLS server: `cargo run -p purlin-tls --example look -- www.example.org:443`.
//!
//! Without an argument it looks at a port where nobody listens, to show what a failure says.

#![expect(clippy::print_stdout, reason = "an example shows its answers")]

use purlin_core::{Cx, Endpoint, Result, TlsSettings};
use purlin_tls::inspect;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let target = std::env::args().nth(1);
    let endpoint = Endpoint::parse(target.as_deref().unwrap_or("127.0.0.1:1"), Some(443))?;
    let cx = Cx::background();
    match inspect(&cx, &endpoint, &TlsSettings::new()).await {
        Ok(seen) => {
            println!("{} by {} with {}", seen.endpoint, seen.protocol, seen.cipher_suite);
            for certificate in &seen.chain {
                let days = certificate.days_left(cx.clock().timestamp());
                println!("{} for {} ({days} days left)", certificate.subject, certificate.names.join(", "));
            }
            if let Some(message) = seen.fault_message {
                println!("not acceptable: {message}");
            }
        }
        // The operation is the phase: dns.resolve, tcp.connect or tls.handshake.
        Err(error) => println!("{error:#}"),
    }
    Ok(())
}
