//! The code of a template's function, and the program that runs it on this machine.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use lift_template::{Code, Function, Notice};

use super::{flags, types::Runner};
use crate::{
    args::FunctionArgs,
    dev::program::{
        executable::Executable,
        managed::{Language, Managed},
        project::Project,
    },
};

/// Who runs `function`: the command or URL of `--function`, or else what its runtime and code require.
/// Paths are relative to `template_folder`.
pub(super) async fn runner(
    function: &Function,
    flags: &FunctionArgs,
    template_folder: &Path,
    ignored: &mut Vec<Notice>,
) -> Result<Runner> {
    let id = &function.id;
    let path = match &function.code {
        Code::Inline(_) => template_folder.to_owned(),
        Code::Path(path) => template_folder.join(path),
    };
    if let Some(named) = flags.functions.iter().find(|named| named.name == *id) {
        return Ok(flags::named_runner(&named.value, &path));
    }
    if !path.is_dir() {
        bail!(
            "the code of {id} is not in {}: is that folder the right one, and built?",
            path.display()
        );
    }
    let path = path.canonicalize().with_context(|| format!("cannot open {}", path.display()))?;
    let runtime = function.runtime.as_deref().unwrap_or("provided");
    if let Some(language) = Language::of(runtime) {
        return managed(function, language, runtime, path, ignored).await;
    }
    let help = format!("pass its command as --function {id}='COMMAND'");
    if !runtime.starts_with("provided") {
        bail!(
            "the function {id} has the runtime {runtime}, which `lift dev` does not support: {help}"
        );
    }
    if path.join("Cargo.toml").is_file() {
        return Ok(Runner::Package(Project::read(&path, function.binary.as_deref()).await?));
    }
    let program = path.join("bootstrap");
    if program.is_file() {
        return Ok(Runner::Command(Executable { program, args: Vec::new(), folder: path }));
    }
    match &function.build_method {
        Some(method) => bail!(
            "the function {id} is built by `{method}`: run `sam build` and pass \
             --template .aws-sam/build/template.yaml, or {help}"
        ),
        None => bail!(
            "there is no Cargo.toml and no `bootstrap` for the function {id} in {}: {help}",
            path.display()
        ),
    }
}

/// A function for one of Lambda's managed runtimes. Another version of the language is a notice.
async fn managed(
    function: &Function,
    language: Language,
    runtime: &str,
    folder: PathBuf,
    ignored: &mut Vec<Notice>,
) -> Result<Runner> {
    let id = &function.id;
    let Some(handler) = function.handler.clone() else {
        bail!("the function {id} has no handler: {runtime} needs one such as `app.handler`");
    };
    let installed =
        language.installed(&folder).await.with_context(|| format!("the function {id}"))?;
    if installed != runtime {
        let what = format!("is for {runtime}, and runs on {installed}");
        ignored.push(Notice::new(id, what));
    }
    let inline = match &function.code {
        Code::Inline(text) => Some(text.clone()),
        Code::Path(_) => None,
    };
    Ok(Runner::Managed(Managed { language, handler, folder, inline }))
}
