//! Microsoft's mock of SQL Server, with the answers that purlin's tests ask it for.
//!
//! It knows statements by their text only, evaluates nothing, lets everybody in, and answers in one packet.

use mssql_mock_tds::{
    ColumnDefinition, ColumnValue, LOGIN_DELAY_KEY, MockTdsServer, QueryRegistry, QueryResponse, Row, SqlDataType,
    TerminalError, create_test_identity,
};
use std::error::Error;
use std::time::Duration;

/// What the driver asks first, word for word.
const GREETING: &str = "SELECT CAST(@@SPID AS int), CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)), \
     CAST(SERVERPROPERTY('Edition') AS nvarchar(128))";
/// Longer than any test waits.
const SLOW: Duration = Duration::from_secs(600);

fn text(text: &str) -> ColumnValue {
    ColumnValue::NVarChar(text.to_owned())
}

fn row(values: Vec<ColumnValue>) -> QueryResponse {
    let columns = values.iter().map(|value| ColumnDefinition::new("n", value.data_type())).collect();
    QueryResponse::new(columns, vec![Row::new(values)])
}

fn register(registry: &mut QueryRegistry) {
    registry.register(GREETING, row(vec![ColumnValue::Int(77), text("15.0.2000.5"), text("Mock Edition")]));
    for number in [7, 8, 9] {
        registry.register(format!("SELECT {number}"), row(vec![ColumnValue::Int(number)]));
    }
    let many = (0..500).map(|number| Row::new(vec![ColumnValue::Int(number)])).collect();
    let column = ColumnDefinition::new("n", SqlDataType::Int);
    registry.register("SELECT MANY", QueryResponse::new(vec![column], many));
    let kinds = vec![
        ColumnValue::TinyInt(255),
        ColumnValue::SmallInt(-2),
        ColumnValue::Int(-70_000),
        ColumnValue::BigInt(i64::MIN),
        text("Grüße, 世界 🦀"),
        ColumnValue::NVarCharMax(vec!["half".encode_utf16().collect(), " and half".encode_utf16().collect()]),
        ColumnValue::NVarCharMaxNull,
        ColumnValue::VarBinaryMax(vec![vec![1, 2], vec![3]]),
        ColumnValue::Null,
    ];
    registry.register("SELECT KINDS", row(kinds));
    // Calls are found by this text within them.
    registry.register("SELECT @P1 AS CALLED", row(vec![ColumnValue::Int(42)]));
    let divided = TerminalError::new(8134, 16, "Divide by zero error encountered.");
    registry.register("DIVIDE", QueryResponse::error_only(divided));
    let missing = TerminalError::new(208, 16, "Invalid object name 'nowhere'.");
    registry.register("SELECT @P1 FROM NOWHERE", QueryResponse::error_only(missing));
    registry.register("SLOW", row(vec![ColumnValue::Int(1)]).with_delay(SLOW));
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let server = match words.as_slice() {
        [address] | [address, "--slow-login"] => MockTdsServer::new(address).await?,
        [address, "--redirect", host, port] => {
            MockTdsServer::new_with_redirection(address, (*host).to_owned(), port.parse()?).await?
        }
        [address, "--strict", certificate, key] => {
            let identity = create_test_identity(&std::fs::read(certificate)?, &std::fs::read(key)?)?;
            MockTdsServer::new_with_strict_tls(address, identity).await?
        }
        _ => {
            return Err("ADDRESS [--strict CERTIFICATE KEY | --redirect HOST PORT | --slow-login]".into());
        }
    };
    let registry = server.query_registry();
    let mut registry = registry.lock().await;
    register(&mut registry);
    if words.contains(&"--slow-login") {
        registry.register(LOGIN_DELAY_KEY, row(vec![ColumnValue::Int(1)]).with_delay(SLOW));
    }
    drop(registry);
    Ok(server.run().await?)
}
