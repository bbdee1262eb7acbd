//! What is told of the cage that this process works in.

use anyhow::Result;

use crate::base::progress::Event;
use crate::sandbox::{self, FileAccess, Files, Network};
use crate::terminal::out::tell;

/// Leaves the process these files alone; who expects that is told where the system does not.
pub fn confine(files: &Files) {
    if let Event::Note(note) = about_files(&sandbox::confine(files)) {
        tell(&format!("gen3d: {note}"));
    }
}

/// Whether the network is denied; a system that should deny it and does not is worth a remark.
pub fn about_network(closed: &Result<Network>) -> Event {
    match closed {
        Ok(Network::Denied) => Event::Detail("the system denies this process the network".into()),
        Ok(Network::NotDenied) => Event::Detail(
            "the system is not asked to deny this process the network; it has no code for one"
                .into(),
        ),
        Err(error) => Event::Note(format!(
            "the network is not denied to this process, which has no code for one: {error:#}"
        )),
    }
}

/// Whether the files are confined; a system that should do it and does not is worth a remark.
pub fn about_files(confined: &Result<FileAccess>) -> Event {
    let free = "the system does not keep this process to the files of its run";
    match confined {
        Ok(FileAccess::Confined) => Event::Detail(
            "the system leaves this process the files of its run, and no program to start".into(),
        ),
        Ok(FileAccess::PartlyConfined) => Event::Detail(
            "the system leaves this process the files of its run, as far as this kernel's Landlock goes"
                .into(),
        ),
        Ok(FileAccess::NotConfined) if cfg!(target_os = "linux") => {
            Event::Note(format!("{free}: this kernel has no Landlock, or it is off"))
        }
        Ok(FileAccess::NotConfined) => Event::Detail(free.into()),
        Err(error) => Event::Note(format!("{free}: {error:#}")),
    }
}
