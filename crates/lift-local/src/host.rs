//! Which names of the `Host` header a server answers to. A page cannot choose the header: it is the
//! name in the page's own address. So a name that others can let resolve to this machine is refused.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::{HeaderMap, HeaderName, Request, header, uri::Authority};

/// The names by which containers reach the machine that they run on: Docker's, Podman's and Lima's.
const CONTAINER_HOSTS: [&str; 3] =
    ["host.docker.internal", "host.containers.internal", "host.lima.internal"];

/// Names that a server answers to beside its own, such as a name from `/etc/hosts`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostNames(Vec<String>);

impl HostNames {
    /// Adds a name without a port; with a leading dot, every name that ends so. Case does not matter.
    #[must_use]
    pub fn with(mut self, name: &str) -> Self {
        self.0.push(name.to_ascii_lowercase());
        self
    }

    fn has(&self, name: &str) -> bool {
        let is_below = |known: &str| known.starts_with('.') && name.ends_with(known);
        self.0.iter().any(|known| known == name || is_below(known))
    }
}

/// Which hosts a guard allows.
#[derive(Clone, Debug)]
pub(crate) enum Hosts {
    /// Names and addresses that are always this machine.
    Loopback,
    /// Loopback, IP addresses, names that containers use, and the names that the user added. An IP
    /// address needs no name server, so no site can make it name another machine.
    Known(HostNames),
    /// Every host. The API authenticates its callers.
    Any,
}

impl Hosts {
    pub(crate) fn allow(&self, host: &Authority) -> bool {
        if host.as_str().contains('@') {
            return false;
        }
        let name = host.host().to_ascii_lowercase();
        match self {
            Self::Loopback => is_loopback(&name),
            Self::Known(names) => {
                is_loopback(&name)
                    || address(&name).is_some()
                    || CONTAINER_HOSTS.contains(&&*name)
                    || names.has(&name)
            }
            Self::Any => true,
        }
    }
}

/// The host that a request names: the one `Host` header, which an absolute URL must not contradict.
pub(crate) fn host_of<B>(request: &Request<B>) -> Option<Authority> {
    let host: Authority = only(request.headers(), &header::HOST)?.parse().ok()?;
    let same = request.uri().authority().is_none_or(|other| *other == host);
    same.then_some(host)
}

/// The value of a header that is there exactly once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

fn is_loopback(name: &str) -> bool {
    name == "localhost"
        || name.ends_with(".localhost")
        || address(name).is_some_and(|address| address.to_canonical().is_loopback())
}

fn address(name: &str) -> Option<IpAddr> {
    let v6 = || name.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok();
    name.parse::<Ipv4Addr>().ok().map(IpAddr::from).or_else(|| v6().map(IpAddr::from))
}
