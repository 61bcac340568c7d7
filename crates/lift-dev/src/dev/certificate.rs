//! The certificate of the gateway's port, so that `https` and `wss` work there, and the roots with which functions
//! check it. Between the data folder, the gateway's settings and the functions' environment.
//!
//! Its authority is made for one data folder, and its key is dropped at once, so it signs no other
//! certificate. It is valid only for names of this machine and of execute-api, for 30 days.

use std::{
    collections::BTreeSet,
    env, fs,
    net::Ipv4Addr,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use lift_gateway::Tls;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CidrSubnet, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyPair, KeyUsagePurpose, NameConstraints,
    date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, pem::PemObject as _};

use crate::data_dir::DataDir;

/// The certificates of the authority and of the gateway.
const CERTIFICATES: &str = "lift-gateway.pem";

/// The gateway's key.
const KEY: &str = "lift-gateway-key.pem";

/// How long a certificate is valid.
const VALID: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A certificate with less time left is replaced at start.
const RENEW: SignedDuration = SignedDuration::from_hours(3 * 24);

/// The variables that name a file with all roots that a client trusts, and not only further ones: of the AWS
/// SDKs, of Python's requests, of curl, and of OpenSSL, Go and others.
const ALL_ROOTS: [&str; 4] =
    ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"];

/// The variable that names a file with further roots for Node.
const NODE_ROOTS: &str = "NODE_EXTRA_CA_CERTS";

/// The certificate of a data folder.
pub(crate) struct Certificate {
    authority: String,
    tls: Tls,
}

impl Certificate {
    /// The certificate of a data folder. Makes a new one if there is none, if it is not for this region, or if it
    /// expires soon.
    pub(crate) fn of(folder: &DataDir, region: &str) -> Result<Self> {
        let (certificates, key) = (folder.path().join(CERTIFICATES), folder.path().join(KEY));
        let now = Timestamp::now();
        let kept =
            fs::read_to_string(&certificates).ok().filter(|text| is_usable(text, region, now));
        let kept = kept.zip(fs::read_to_string(&key).ok());
        if let Some(certificate) = kept.and_then(|(text, key)| Self::read(&text, &key).ok()) {
            return Ok(certificate);
        }
        let (text, secret) = issue(region, now).context("cannot make the gateway's certificate")?;
        let cannot = "cannot write the gateway's certificate into the data folder";
        folder.replace(KEY, START, &secret).context(cannot)?;
        folder.replace(CERTIFICATES, START, &text).context(cannot)?;
        Self::read(&text, &secret)
    }

    fn read(certificates: &str, key: &str) -> Result<Self> {
        let chain = CertificateDer::pem_slice_iter(certificates.as_bytes());
        let chain: Vec<_> = chain.collect::<Result<_, _>>()?;
        let key = PrivatePkcs8KeyDer::from_pem_slice(key.as_bytes())?;
        let authority = chain.last().context("there is no certificate")?;
        let authority = pem(authority);
        let chain = chain.iter().map(|certificate| certificate.to_vec()).collect();
        let tls = Tls::from_der(chain, key.secret_pkcs8_der().to_vec())?;
        Ok(Self { authority, tls })
    }

    /// For the gateway's settings.
    pub(crate) fn tls(&self) -> Tls {
        self.tls.clone()
    }

    /// Writes the files of roots for functions, and returns the variables that name them. The files have the
    /// system's roots, and those of each file that such a variable of the shell or of a function names, because the
    /// variables replace them.
    pub(crate) fn roots<'a>(
        &self,
        folder: &DataDir,
        functions: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Result<Roots> {
        let names = || ALL_ROOTS.iter().chain([&NODE_ROOTS]);
        let shell = names().filter_map(env::var_os).map(PathBuf::from);
        let given = functions.filter(|(name, _)| names().any(|known| known == name));
        let given: BTreeSet<_> = shell.chain(given.map(|(_, file)| PathBuf::from(file))).collect();
        let given = given.iter().filter_map(|file| fs::read_to_string(file).ok());
        // A system may have broken roots beside good ones.
        let system = rustls_native_certs::load_native_certs().certs;
        let system: String = system.iter().map(|certificate| pem(certificate)).collect();
        let further = joined(&self.authority, given);
        let cannot = "cannot write the roots of functions into the data folder";
        let all = folder.run().write("roots.pem", &format!("{further}{system}")).context(cannot)?;
        let further = folder.run().write("further-roots.pem", &further).context(cannot)?;
        Ok(Roots { all, further })
    }
}

/// The files of roots that functions trust.
#[derive(Clone, Debug)]
pub(crate) struct Roots {
    all: PathBuf,
    further: PathBuf,
}

impl Roots {
    #[cfg(test)]
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self { all: folder.join("roots.pem"), further: folder.join("further-roots.pem") }
    }

    /// The variables of a function.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let all = ALL_ROOTS.iter().map(|name| (*name, &*self.all));
        all.chain([(NODE_ROOTS, &*self.further)])
    }
}

/// How the files begin. Readers of PEM skip it.
const START: &str = "Made by `lift dev`";

/// The first line of both files.
fn heading(region: &str, until: Timestamp) -> String {
    format!("{START} for this machine and execute-api in {region}, until {until}")
}

fn is_usable(text: &str, region: &str, now: Timestamp) -> bool {
    let until = text.lines().next().and_then(|line| line.rsplit_once(", until "));
    let until = until.and_then(|(_, until)| until.parse::<Timestamp>().ok());
    until.is_some_and(|until| text.starts_with(&heading(region, until)) && now + RENEW < until)
}

/// Issues the certificates and the key, each with a heading.
fn issue(region: &str, now: Timestamp) -> Result<(String, String)> {
    let until = now + VALID;
    let execute_api = format!("execute-api.{region}.amazonaws.com");
    // A day is exact enough for a certificate.
    let day = |at: Timestamp| {
        let day = at.to_zoned(TimeZone::UTC).date();
        date_time_ymd(day.year().into(), day.month().unsigned_abs(), day.day().unsigned_abs())
    };
    let valid = |mut params: CertificateParams| {
        // The clock of a container may be late.
        params.not_before = day(now - SignedDuration::from_hours(24));
        params.not_after = day(until);
        params
    };

    let mut authority = valid(CertificateParams::default());
    authority.distinguished_name = name("Lift, local authority of one data folder");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    authority.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![
            GeneralSubtree::DnsName("localhost".to_owned()),
            GeneralSubtree::DnsName(execute_api.clone()),
            GeneralSubtree::IpAddress(CidrSubnet::from_v4_prefix([127, 0, 0, 0], 8)),
            GeneralSubtree::IpAddress(CidrSubnet::from_v6_prefix(LOOPBACK_V6, 128)),
        ],
        excluded_subtrees: Vec::new(),
    });
    // The key of the authority is dropped at the end of this function.
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;

    let loopback = Ipv4Addr::LOCALHOST.to_string();
    let names = ["localhost".to_owned(), loopback, "::1".to_owned(), format!("*.{execute_api}")];
    let mut gateway = valid(CertificateParams::new(names)?);
    gateway.distinguished_name = name("lift dev");
    gateway.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    gateway.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    gateway.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let gateway = gateway.signed_by(&key, &authority)?;
    let text = [heading(region, until), gateway.pem(), authority.pem()].join("\n");
    Ok((text, [heading(region, until), key.serialize_pem()].join("\n")))
}

const LOOPBACK_V6: [u8; 16] = std::net::Ipv6Addr::LOCALHOST.octets();

fn name(common: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common);
    name
}

/// Texts of certificates, each on lines of its own: a file may lack its last line break.
fn joined(first: &str, others: impl Iterator<Item = String>) -> String {
    others.fold(first.to_owned(), |all, other| all + &other + "\n")
}

fn pem(certificate: &CertificateDer<'_>) -> String {
    pem::encode(&pem::Pem::new("CERTIFICATE", certificate.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_last_line_break_does_not_hide_the_next_root() {
        let (text, key) = issue("eu-west-1", Timestamp::now()).unwrap();
        let authority = Certificate::read(&text, &key).unwrap().authority;
        let file = authority.trim_end().to_owned();
        let all = joined(&authority, [file.clone(), file].into_iter());
        assert_eq!(CertificateDer::pem_slice_iter(all.as_bytes()).flatten().count(), 3);
    }

    #[test]
    fn a_certificate_is_kept_until_it_expires_soon_or_the_region_changes() {
        let now = Timestamp::now();
        let (text, key) = issue("eu-west-1", now).unwrap();
        assert!(Certificate::read(&text, &key).is_ok());
        assert!(is_usable(&text, "eu-west-1", now + SignedDuration::from_hours(26 * 24)));
        assert!(!is_usable(&text, "eu-west-1", now + SignedDuration::from_hours(28 * 24)));
        assert!(!is_usable(&text, "us-east-1", now));
        assert!(!is_usable("", "eu-west-1", now));
        let (_, other) = issue("eu-west-1", now).unwrap();
        assert!(Certificate::read(&text, &other).is_err(), "the key of another");
    }
}
