//! The sentences that the exchange says by itself, whatever the flow: to callers when it stops or fails, to operators as
//! the answer to a feature code. Recordings `sounds/<language>/sistema/<name>.wav`, from the texts of the language's grammar.

/// One such sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Notice {
    /// To callers: the exchange is shutting down.
    ServiceEnds,
    /// To a caller: something failed on our side.
    Error,
    /// To a caller: in the place of a prompt that has no sound.
    Unavailable,
    /// To a caller: the operator's phone is gone, and another will answer.
    OperatorLost,
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
    /// To whoever would be ready or pause where nobody has logged in.
    NobodyLoggedIn,
    /// To an operator: this number may not be called.
    MayNotCall,
    /// To an operator: the number is busy.
    NumberBusy,
    /// To an operator: nobody answers there.
    NoAnswer,
    /// To an operator: the number cannot be reached.
    NotReached,
    /// To an operator who dials at a seat that has a call.
    SeatBusy,
    /// To an operator: no case has this number.
    NoSuchCase,
    /// To whoever an operator calls.
    IsRecorded,
    /// To a citizen who is called back: who calls.
    CallsBack,
    /// To an operator: whoever was asked does not answer; the citizen is there again.
    NobodyAnswers,
    /// To an operator: the colleague has a call or is away.
    ColleagueEngaged,
    /// To an operator: the queue is closed, full or attended by nobody.
    QueueShut,
    /// To an operator: there is no such extension, and the number may not be called.
    NoSuchTarget,
    /// To an operator: ready for one call.
    OneCall,
    /// To an operator: it follows when this call is over.
    Later,
    /// To an operator: the wrap-up is longer now.
    Extended,
    /// To an operator: the wrap-up cannot be longer.
    NoMoreTime,
    /// To an operator: the wrap-up ends when the outcome is coded.
    OutcomeOwed,
    /// To whoever would log in by a code that is nobody's.
    BadLogIn,
}

impl Notice {
    /// All of them.
    pub const ALL: [Notice; 32] = [
        Notice::ServiceEnds,
        Notice::Error,
        Notice::Unavailable,
        Notice::OperatorLost,
        Notice::Ready,
        Notice::Paused,
        Notice::LoggedIn,
        Notice::LoggedOut,
        Notice::Coded,
        Notice::BadCode,
        Notice::BadTopic,
        Notice::BadOutcome,
        Notice::NothingToCode,
        Notice::NobodyLoggedIn,
        Notice::MayNotCall,
        Notice::NumberBusy,
        Notice::NoAnswer,
        Notice::NotReached,
        Notice::SeatBusy,
        Notice::NoSuchCase,
        Notice::IsRecorded,
        Notice::CallsBack,
        Notice::NobodyAnswers,
        Notice::ColleagueEngaged,
        Notice::QueueShut,
        Notice::NoSuchTarget,
        Notice::OneCall,
        Notice::Later,
        Notice::Extended,
        Notice::NoMoreTime,
        Notice::OutcomeOwed,
        Notice::BadLogIn,
    ];

    /// Name of the recording below `sounds/<language>/`.
    pub fn sound(self) -> &'static str {
        match self {
            Notice::ServiceEnds => "sistema/chiusura_servizio",
            Notice::Error => "sistema/errore",
            Notice::Unavailable => "sistema/messaggio_mancante",
            Notice::OperatorLost => "sistema/operatore_perso",
            Notice::Ready => "sistema/stato_pronto",
            Notice::Paused => "sistema/stato_pausa",
            Notice::LoggedIn => "sistema/stato_entrato",
            Notice::LoggedOut => "sistema/stato_uscito",
            Notice::Coded => "sistema/codifica_salvata",
            Notice::BadCode => "sistema/codice_errato",
            Notice::BadTopic => "sistema/argomento_errato",
            Notice::BadOutcome => "sistema/esito_errato",
            Notice::NothingToCode => "sistema/niente_da_codificare",
            Notice::NobodyLoggedIn => "sistema/nessun_accesso",
            Notice::MayNotCall => "sistema/numero_non_consentito",
            Notice::NumberBusy => "sistema/numero_occupato",
            Notice::NoAnswer => "sistema/numero_non_risponde",
            Notice::NotReached => "sistema/numero_non_raggiungibile",
            Notice::SeatBusy => "sistema/postazione_occupata",
            Notice::NoSuchCase => "sistema/pratica_inesistente",
            Notice::IsRecorded => "sistema/chiamata_registrata",
            Notice::CallsBack => "sistema/richiamata",
            Notice::NobodyAnswers => "sistema/nessuna_risposta",
            Notice::ColleagueEngaged => "sistema/collega_occupato",
            Notice::QueueShut => "sistema/coda_chiusa",
            Notice::NoSuchTarget => "sistema/destinazione_errata",
            Notice::OneCall => "sistema/stato_una_chiamata",
            Notice::Later => "sistema/stato_dopo",
            Notice::Extended => "sistema/tempo_aggiunto",
            Notice::NoMoreTime => "sistema/tempo_finito",
            Notice::OutcomeOwed => "sistema/esito_dovuto",
            Notice::BadLogIn => "sistema/accesso_negato",
        }
    }

    /// Its name in the `[notices]` of a grammar.
    pub(super) fn key(self) -> &'static str {
        self.sound().rsplit('/').next().unwrap_or_default()
    }
}
