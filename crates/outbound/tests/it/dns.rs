//! A DNS server on a loopback port whose answers a test decides, and the resolver that asks it.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use outbound::{Addresses, Resolve};
use tokio::{net::UdpSocket, time::timeout};

const A: u16 = 1;
const CNAME: u16 = 5;
const AAAA: u16 = 28;
const CLASS_IN: [u8; 2] = [0, 1];
/// Nothing may be kept of an answer.
const TTL: [u8; 4] = [0; 4];
/// A pointer to the name in the question, which follows the head of 12 bytes (RFC 1035, 4.1.4).
const NAME_OF_QUESTION: [u8; 2] = [0xc0, 12];

/// What a name has.
#[derive(Clone, Debug)]
pub(crate) enum Record {
    Address(IpAddr),
    /// The name is another name for this one, which must be in the zone.
    Alias(&'static str),
}

pub(crate) fn address(text: &str) -> Record {
    Record::Address(text.parse().unwrap())
}

/// Names with their answers in turn: a question for IPv4 addresses goes on to the next turn, after
/// the last comes the first.
pub(crate) type Zone = HashMap<&'static str, Vec<Vec<Record>>>;

/// Asks the server anew each time, first for IPv4, then for IPv6 addresses.
pub(crate) struct Dns {
    server: SocketAddr,
    questions: Arc<Mutex<Vec<String>>>,
}

impl Dns {
    pub(crate) async fn serving(zone: Zone) -> Arc<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let server = socket.local_addr().unwrap();
        let questions = Arc::<Mutex<Vec<String>>>::default();
        let log = Arc::clone(&questions);
        tokio::spawn(async move {
            let mut turns: HashMap<String, usize> = HashMap::new();
            let mut packet = [0; 512];
            while let Ok((size, from)) = socket.recv_from(&mut packet).await {
                let (name, kind) = read_question(&packet[..size]);
                log.lock().unwrap().push(name.clone());
                let turn = turns.entry(name.clone()).or_default();
                if kind == A {
                    *turn += 1;
                }
                let answer = answer(&packet[..size], &zone, &name, kind, *turn);
                socket.send_to(&answer, from).await.unwrap();
            }
        });
        Arc::new(Self { server, questions })
    }

    /// The names that were asked for, each once a kind of address.
    pub(crate) fn questions(&self) -> Vec<String> {
        self.questions.lock().unwrap().clone()
    }

    async fn ask(&self, name: &str, kind: u16) -> io::Result<Vec<IpAddr>> {
        let socket = UdpSocket::bind("127.0.0.1:0").await?;
        // Its own number, recursion wished, one question.
        let mut question = vec![7, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        write_name(&mut question, name);
        question.extend(kind.to_be_bytes());
        question.extend(CLASS_IN);
        socket.send_to(&question, self.server).await?;
        let mut packet = [0; 512];
        let size = timeout(Duration::from_secs(5), socket.recv(&mut packet)).await??;
        Ok(read_addresses(&packet[..size], question.len(), kind))
    }
}

impl Resolve for Dns {
    fn resolve<'a>(&'a self, host: &'a str) -> Addresses<'a> {
        Box::pin(async move {
            let mut addresses = self.ask(host, A).await?;
            addresses.extend(self.ask(host, AAAA).await?);
            Ok(addresses)
        })
    }
}

fn answer(question: &[u8], zone: &Zone, name: &str, kind: u16, turn: usize) -> Vec<u8> {
    let mut answers = Vec::new();
    let mut count: u8 = 0;
    let mut owner = NAME_OF_QUESTION.to_vec();
    let mut name = name.to_owned();
    while let Some(turns) = zone.get(&*name) {
        let mut alias = None;
        for record in &turns[turn.saturating_sub(1) % turns.len()] {
            let (record_kind, data) = match record {
                Record::Address(IpAddr::V4(v4)) => (A, v4.octets().to_vec()),
                Record::Address(IpAddr::V6(v6)) => (AAAA, v6.octets().to_vec()),
                Record::Alias(other) => {
                    let mut data = Vec::new();
                    write_name(&mut data, other);
                    alias = Some((*other, data.clone()));
                    (CNAME, data)
                }
            };
            if record_kind != kind && record_kind != CNAME {
                continue;
            }
            answers.extend(&owner);
            answers.extend(record_kind.to_be_bytes());
            answers.extend(CLASS_IN);
            answers.extend(TTL);
            answers.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
            answers.extend(data);
            count += 1;
        }
        let Some((other, written)) = alias else { break };
        (name, owner) = (other.to_owned(), written);
    }
    // The question's number, an answer with recursion, no error.
    let mut packet = vec![
        question[0],
        question[1],
        0x81,
        0x80,
        0,
        1,
        0,
        count,
        0,
        0,
        0,
        0,
    ];
    packet.extend(&question[12..]);
    packet.extend(answers);
    packet
}

fn write_name(packet: &mut Vec<u8>, name: &str) {
    for label in name.split('.') {
        packet.push(u8::try_from(label.len()).unwrap());
        packet.extend(label.as_bytes());
    }
    packet.push(0);
}

fn read_question(packet: &[u8]) -> (String, u16) {
    let mut labels = Vec::new();
    let mut at = 12;
    while packet[at] > 0 {
        let end = at + 1 + usize::from(packet[at]);
        labels.push(String::from_utf8(packet[at + 1..end].to_vec()).unwrap());
        at = end;
    }
    (
        labels.join("."),
        u16::from_be_bytes([packet[at + 1], packet[at + 2]]),
    )
}

/// The addresses of one kind among the answers, which begin at `at`.
fn read_addresses(packet: &[u8], mut at: usize, wanted: u16) -> Vec<IpAddr> {
    let mut addresses = Vec::new();
    while at < packet.len() {
        while packet[at] > 0 && packet[at] < 0xc0 {
            at += 1 + usize::from(packet[at]);
        }
        at += if packet[at] == 0 { 1 } else { 2 };
        let kind = u16::from_be_bytes([packet[at], packet[at + 1]]);
        let size = usize::from(u16::from_be_bytes([packet[at + 8], packet[at + 9]]));
        let data = &packet[at + 10..at + 10 + size];
        if kind == wanted {
            let v4 = <[u8; 4]>::try_from(data).map(IpAddr::from);
            addresses.push(v4.unwrap_or_else(|_| <[u8; 16]>::try_from(data).unwrap().into()));
        }
        at += 10 + size;
    }
    addresses
}
