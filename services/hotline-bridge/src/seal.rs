//! Signatures and tokens. What a caller brings is compared in a time that does not tell how much of it was right.

use contracts::problem::Problem;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Header of a signature: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`.
pub const SIGNATURE: &str = "x-gridline-signature";

/// A signature that is older, or from further ahead, is not taken: an order that was overheard can't be sent later.
const TOLERANCE_S: i64 = 300;

/// The value of [`SIGNATURE`].
pub fn sign(secret: &[u8], unix: i64, body: &[u8]) -> String {
    let mac = mac(secret, unix, body).finalize().into_bytes();
    format!("t={unix},v1={}", hex::encode(mac))
}

/// Is this the signature of this body, made just now?
pub fn verify(secret: &[u8], header: Option<&str>, body: &[u8], now: i64) -> Result<(), Problem> {
    let wrong = || {
        Problem::new(
            "bad_signature",
            "签名缺失、不符或已过期（5 分钟），请核对密钥与时间",
            "the signature is missing, wrong or older than 5 minutes; check the key and the clock",
        )
    };
    let (unix, hexed) = header.and_then(parts).ok_or_else(wrong)?;
    let given = hex::decode(hexed).map_err(|_| wrong())?;
    if now.abs_diff(unix) > TOLERANCE_S.unsigned_abs() {
        return Err(wrong());
    }
    mac(secret, unix, body).verify_slice(&given).map_err(|_| wrong())
}

/// Is this the value of `Authorization: Bearer TOKEN`?
pub fn verify_token(token: &[u8], authorization: Option<&str>) -> Result<(), Problem> {
    let given = authorization.and_then(|a| a.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let given = given.map_or("", |(_, token)| token.trim());
    // two MACs are compared, so neither content nor length of the token shows in the time
    let right = mac(token, 0, token).finalize().into_bytes();
    mac(token, 0, given.as_bytes()).verify_slice(&right).map_err(|_| {
        Problem::new(
            "bad_token",
            "令牌缺失或不符（Authorization: Bearer）",
            "the token is missing or wrong (Authorization: Bearer)",
        )
    })
}

/// `t` and `v1` of a header.
fn parts(header: &str) -> Option<(i64, &str)> {
    let (t, v1) = header.trim().split_once(',')?;
    Some((t.trim().strip_prefix("t=")?.parse().ok()?, v1.trim().strip_prefix("v1=")?))
}

fn mac(secret: &[u8], unix: i64, body: &[u8]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(unix.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    mac
}
