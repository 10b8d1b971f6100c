//! The sentences that the exchange says by itself, whatever the flow: to callers when it stops or fails, to operators as
//! the answer to a feature code. Recordings `sounds/<language>/sistema/<name>.wav`.

/// One such sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Notice {
    /// To callers: the exchange is shutting down.
    ServiceEnds,
    /// To a caller: something failed on our side.
    Error,
    /// To an operator: ready for calls.
    Ready,
    /// To an operator: paused.
    Paused,
    /// To an operator: logged in.
    LoggedIn,
    /// To an operator: logged out.
    LoggedOut,
    /// To an operator: topic and outcome are noted.
    Coded,
    /// To an operator: no such code.
    BadCode,
    /// To an operator: the digits are no topic's.
    BadTopic,
    /// To an operator: the digits are no outcome's.
    BadOutcome,
    /// To an operator: this seat has talked with nobody yet.
    NothingToCode,
}

impl Notice {
    /// All of them.
    pub const ALL: [Notice; 11] = [
        Notice::ServiceEnds,
        Notice::Error,
        Notice::Ready,
        Notice::Paused,
        Notice::LoggedIn,
        Notice::LoggedOut,
        Notice::Coded,
        Notice::BadCode,
        Notice::BadTopic,
        Notice::BadOutcome,
        Notice::NothingToCode,
    ];

    /// Name of the recording below `sounds/<language>/`.
    pub fn sound(self) -> &'static str {
        match self {
            Notice::ServiceEnds => "sistema/chiusura_servizio",
            Notice::Error => "sistema/errore",
            Notice::Ready => "sistema/stato_pronto",
            Notice::Paused => "sistema/stato_pausa",
            Notice::LoggedIn => "sistema/stato_entrato",
            Notice::LoggedOut => "sistema/stato_uscito",
            Notice::Coded => "sistema/codifica_salvata",
            Notice::BadCode => "sistema/codice_errato",
            Notice::BadTopic => "sistema/argomento_errato",
            Notice::BadOutcome => "sistema/esito_errato",
            Notice::NothingToCode => "sistema/niente_da_codificare",
        }
    }

    fn italian(self) -> &'static str {
        match self {
            Notice::ServiceEnds => "Il servizio si interrompe. Ci scusiamo, la preghiamo di richiamare.",
            Notice::Error => "Ci scusiamo, si è verificato un problema tecnico.",
            Notice::Ready => "Pronto per le chiamate.",
            Notice::Paused => "In pausa.",
            Notice::LoggedIn => "Accesso eseguito. Pronto per le chiamate.",
            Notice::LoggedOut => "Uscita eseguita. Arrivederci.",
            Notice::Coded => "Codifica salvata.",
            Notice::BadCode => "Codice errato.",
            Notice::BadTopic => "Argomento inesistente.",
            Notice::BadOutcome => "Esito inesistente.",
            Notice::NothingToCode => "Nessuna chiamata da codificare.",
        }
    }

    fn english(self) -> &'static str {
        match self {
            Notice::ServiceEnds => "The service is stopping. We are sorry, please call again.",
            Notice::Error => "We are sorry, there is a technical problem.",
            Notice::Ready => "Ready for calls.",
            Notice::Paused => "Paused.",
            Notice::LoggedIn => "Logged in. Ready for calls.",
            Notice::LoggedOut => "Logged out. Goodbye.",
            Notice::Coded => "Code saved.",
            Notice::BadCode => "Wrong code.",
            Notice::BadTopic => "No such topic.",
            Notice::BadOutcome => "No such outcome.",
            Notice::NothingToCode => "No call to be coded.",
        }
    }
}

/// Every notice in every language: language, recording, text to record or synthesise.
pub fn inventory() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    Notice::ALL.into_iter().flat_map(|notice| {
        [("it", notice.sound(), notice.italian()), ("en", notice.sound(), notice.english())]
    })
}
