//! `wcr playground`: the page for browsers, served to this machine's browser, with the images of this machine's store.

mod guard;
mod images;
mod page;
mod reply;
mod server;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use tokio::net::TcpListener;
use wcr_image::Class;

use crate::exit::{Failure, OK, say};
use crate::output;
use guard::Guard;
use page::Page;
use server::Server;

/// `wcr playground`.
#[derive(Debug, Args)]
pub(crate) struct PlaygroundArgs {
    /// Listen on this port of 127.0.0.1 [default: a free one]
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// Serve the page of this folder, as `cargo xtask web` builds it, instead of the one that wcr carries
    #[arg(long, value_name = "DIR")]
    page: Option<PathBuf>,
}

/// How many random bytes a token has.
const TOKEN_BYTES: usize = 24;

/// Serves the page until it is ended.
pub(crate) fn playground(args: &PlaygroundArgs) -> Result<u8> {
    let page = match &args.page {
        Some(folder) => Page::read(folder)?,
        None => Page::carried().ok_or_else(|| Failure::new(Class::Usage, NO_PAGE))?,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(serve(args.port, page))
}

const NO_PAGE: &str = "this wcr was built without the page for browsers; `cargo xtask web` builds it (with Node.js), and \
                       `cargo xtask build` then puts it into wcr, or --page=DIR serves it from a folder";

async fn serve(port: u16, page: Page) -> Result<u8> {
    // Nobody but this machine: there is no other address to choose.
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    let address = listener.local_addr()?;
    let token = token()?;
    let url = format!("http://{address}/{token}/");
    say("the playground is served until Ctrl-C ends it; who has this address can use it and the images of the store");
    let printed = output::print(&format!("{url}\n"));
    if printed != OK {
        return Ok(printed);
    }
    Server::new(Guard::new(address, token), page).run(listener).await;
    Ok(OK)
}

/// What nobody can guess.
fn token() -> Result<String> {
    let mut bytes = [0; TOKEN_BYTES];
    getrandom::fill(&mut bytes).context("no randomness for the address of the page")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
