"""The vocabulary: texts of lines, each a concept and its words in English, German and French; `lexicon` reads them.

The underscores of a phrase stand for spaces.
"""

from collections.abc import Mapping

VOCABULARY: Mapping[str, str] = {
    "change": """
add: add create append insert attach publish register set_up introduce trage hinzufügen füge anlegen erstelle erstellen
add: lege ajoute ajouter crée créer
set: set change update modify replace correct configure ändere ändern setze setzen ersetze ersetzen change changer
set: adjust assign modifie modifier mets mettre remplace remplacer aktualisiere
point: point redirect direct repoint route aim to_resolve_to zeige_auf leite pointe pointer verweise
make: make turn let
switch: switch swap cut_over
delete: delete remove erase drop purge wipe destroy get_rid_of throw_away lösche löschen entferne entfernen supprime
delete: take_down kill_off clear_out discard eliminate clean_up supprimer supprimez effacez efface effacer
delete: kill nuke scrap ditch strip
delete: retirer enlève enlever tilge streiche
take: take pull nimm nehmen retire_de
rename: rename umbenennen benenne renomme renommer
retire: retire decommission phase_out sunset
lower: lower reduce bring_down decrease shorten cut senke senken baisse baisser verringere
raise: raise increase extend bump erhöhe erhöhen augmente augmenter
move: move migrate transfer verschiebe migriere migrieren déplace déplacer umziehen
allow: allow permit authorize authorise let_send erlaube autorise autoriser
tighten: tighten harden strengthen verschärfe
restore: restore recover reset wiederherstellen restaure restaurer
park: park
delegate: delegate
prepare: prepare
sign: sign
drain: drain evacuate
enable: enable activate switch_on turn_on aktiviere active
disable: disable deactivate switch_off turn_off deaktiviere désactive bypass skip override ignore forget circumvent
renew: renew erneuere erneuern renouvelle renouveler verlängere
reissue: reissue re-issue rekey
request: request issue order get obtain
revoke: revoke widerrufe révoque
start: start begin trigger starte beginne démarre lance
rotate: rotate roll rotiere rotieren cycle tourne
stop: stop halt abort cancel stopp stoppe anhalten arrête arrêter abbrechen
rollback: back_out reverse roll_back rollback undo revert take_back mach_rückgängig annule annuler rückgängig_machen
approve: approve genehmige approuve confirm
put: put bring give
""",
    "read": """
show: show display print see view get_me tell tell_me give_me look_up look_at lookup zeig zeige zeigen montre
show: montre-moi
show: query fetch read tell_me_about describe affiche gib_mir nenne donne-moi donne dig resolve inspect
list: list dump export enumerate liste lister auflisten
check: check lint verify validate test prüfe prüfen vérifie vérifier audit
find: find search suche finde cherche
explain: explain erkläre explique
know: know learn find_out wissen savoir understand
help: help hilfe aide
""",
    "ask": """
what: what what's whats what_else was_ist was_sind was_kannst was_zeigt was_hat que quoi quel quelle quels quelles
which: which welche welcher welches
who: who whose anybody anyone wer qui
when: when wann quand
where: where where's wo wohin où d'où
why: why warum pourquoi
how: how wie comment
howto: how_do_i how_can_i how_to how_do_we how_should_i wie_kann_ich wie_lösche_ich comment_puis-je
howlong: how_long wie_lange
howmuch: how_much how_many was_kostet combien
howold: how_old wie_alt
howfar: how_far wie_weit
is: est-ce_que hast_du was is are ist sind est sont isn't aren't am were does do_you do_we habe hast hat
is: has have had doesn't didn't weren't wasn't a-t-il y_a-t-il
did: did
safe: would_it_hurt does_it_hurt will_it_hurt is_it_safe is_it_ok_to is_it_okay is_it_possible ist_es_sicher
any: any anything something somebody irgendwelche
i: can_i could_i may_i may_we could_we should_i should_we can_we do_i must_i
i: shall_i kann_ich darf_ich soll_ich sollen_wir puis-je
happen: what_happens what_would_happen what_will_happen what_if was_passiert que_se_passe-t-il que_se_passe
happen: was_würde_passieren was_geschieht what_would_i_lose what_would_we_lose what_do_i_lose
""",
    "modal": """
you: are_you_able_to would_you_be_able_to would_you_mind do_you_mind can_you could_you would_you will_you kannst_du
you: könntest_du würdest_du können_sie könnten_sie peux-tu pouvez-vous
you: pourrais-tu pourriez-vous tu_peux vous_pouvez
must: would could should must ought soll sollte muss devrait doit needs_to has_to can will shall might kann wird peut
""",
    "not": """
not: not nto don't dont never no none without nicht kein keine keinen niemals nie ohne ne n' pas jamais sans nothing
not: do_not nein non cannot can't won't
""",
    "if": """
if: if unless until after before once while whenever provided except in_case wenn falls sobald bis si sauf avant
if: après or
mean: i_mean i_meant make_that ich_meine ich_meinte je_veux_dire actually sorry rather
if: oder ou otherwise else but maybe perhaps vielleicht whether ob unlike instead_of
""",
    "want": """
want: i_want_to i_want i_would_like_to i_would_like i'd_like_to i'd_like we_want_to we_want we_need_to i_need_to let's
want: i_need we_need we_would_like_to we'd_like_to  please_do go_ahead_and ich_will ich_möchte wir_möchten
want: wir_wollen je_veux je_voudrais nous_voulons i_wish_to want_you_to i_want_you_to lass_uns
""",
    "please": """
please: please veuillez kindly pls plz bitte il_te_plaît il_vous_plaît s'il_te_plaît s'il_vous_plaît svp stp
""",
    "to": """
into: into onto
to: up_to down_to to at auf zu nach à vers en
target: => -> → pointing_to pointing_at that_it_points_to that_points_to which_points_to as_alias_of
with: with using mit durch avec par
""",
    "of": """
of: of for in on within of_the inside under von für im in_der de du des pour dans sur called named record_named namens
from: from out_of aus à_partir_de
""",
    "and": """
and: and & und et plus then and_then dann puis also
""",
    "noun": """
record: record records rrset rrsets entry entries eintrag einträge enregistrement enregistrements dns_record
name: name names host hosts hostname hostnames domain domains domäne domaine subdomain
zone: zone zones zonen
address: address addresses ip ips adresse adressen adresses ipv4
ipv6: ipv6 ip6
ttl: ttl ttls time_to_live
alias: alias cname_record
apex: apex root naked
mail: mail email e-mail mails emails e-mails mailbox mailboxes courrier
server: server servers
spf: spf spf_record
dkim: dkim
dmarc: dmarc
dnssec: dnssec
caa: ca cas
certificate: certificate certificates cert certs zertifikat zertifikate certificat certificats tls
key: key keys schlüssel clé
secret: secret secrets password passwords passwort credential credentials geheimnis geheimnisse mot_de_passe token
secret: api_key logins
value: value values content contents plaintext cleartext wert valeur
environment: environment environments env envs umgebung umgebungen environnement environnements esc
setting: setting settings config configuration einstellung einstellungen réglage
pool: pool pools
target: target targets backend backends ziel ziele cible
loss: loss outage failure failing ausfall panne
survive: survive outlive überleben survivre redundant
centre: data_centre data_center datacenter datacentre rechenzentrum
healthy: healthy health up down gesund unhealthy alive
ok: fine correct valid gültig valable good right wrong broken problems problem issues errors probleme
status: status state progress standing stand état doing working busy running beschäftigt
history: history log journal happened verlauf historique done
cost: cost costs price spend spent kosten coûte
limits: limits limit guardrail guardrails guard guards safety safeguard safeguards grenzen limites bounds
limits: autonomy protection protections policy policies approval approvals checks instructions rules genehmigung
limits: journaling
allowed: allowed permitted may erlaubt
advice: advice recommend recommendation recommendations suggestion suggestions suggest rat empfehlung conseil findings
edit: edit edits
run: run runs plan plans
last: last latest letzte letzten dernier dernière recent
some: one two three some more
all: all every each alle allen tous toutes tout_les whole entire complete ganze
everything: everything alles tout anything_there
only: only nur seulement solely
new: new neu neue neuen nouveau nouvelle fresh second third additional extra further
quarantine: quarantine
reject: reject
expire: expire expires expiring expiry läuft_ab läuft ablaufen laufen_ab expirent run_out runs_out valid_until
use: use uses using used need needs needed require requires refer refers depends depend
use: rely relies hangs hängt brauchen braucht benutzt nutzt utilise
breaks: break breaks breaking
lead: lead leads resolve_to resolves points points_to zeigt führt mène
do: do
go: go goes going geht handled handles delivered va
drift: different differs differ drift drifted drifting out_of_sync outside diverged by_hand von_hand à_la_main manually
contains: contains holds inside there gibt existe
impact: impact affected
send: send senden envoyer
safely: safely sicher
rotation: rotation service
commands: command commands befehle commandes usage
you: you your du dein vous votre
consumers: consumer consumers reader readers
cached: cached cache
around: elsewhere somewhere lately recently already such per about next soon time days'_time
back: back zurück retour
wait: waiting pending awaiting open
""",
    "subject": """
we: we i he she they wir ich er man nous je ils elles
""",
    "fill": """
-: the a an this that these those it its our my us me them der die das den dem des ein eine einen
-: einem einer
-: le la les un une l' d' mon ma notre nos unser unsere unseren meine mein moi mir uns
now: now just again really right_now immediately quickly today jetzt sofort maintenant simply directly still anyway
hello: hi hello hey hallo bonjour salut sophia thanks thank_you danke merci cheers so well good_morning
-: and_also as be been being there_is there_are would_like hinzu ab um ist_da thing things
-: both pulumi stack pointing live type ahead current currently
ok: ok okay
-: too exactly here anymore any_longer another other same
yes: yes ja oui sure go_ahead
-: over existing its_own own kind way how_it_was as_it_was what_it_was it_was
""",
}
"""The concepts and their words, by the part that they play."""
VERB_LAST = frozenset(
    {"hinzufügen", "anlegen", "erstellen", "ändern", "setzen", "löschen", "entfernen", "senken", "erhöhen", "erneuern"}
    | {"migrieren", "rotieren"}
)
"""The infinitives that a German wish ends in: `www bitte löschen`."""
PAST = {
    "gelöscht": "delete",
    "entfernt": "delete",
    "geändert": "set",
    "hinzugefügt": "add",
    "erneuert": "renew",
    "rotiert": "rotate",
    "supprimé": "delete",
    "modifié": "set",
    "ajouté": "add",
    "renouvelé": "renew",
    "touched": "set",
    "undone": "rollback",
    "gone": "delete",
    "made": "make",
    "taken": "take",
    "gave": "put",
    "given": "put",
}
"""What tells of a change beside the forms that English makes by rule."""
PROVIDERS: Mapping[str, str] = {
    "google workspace": "google",
    "google": "google",
    "gmail": "google",
    "g suite": "google",
    "microsoft 365": "microsoft",
    "microsoft": "microsoft",
    "office 365": "microsoft",
    "exchange online": "microsoft",
    "o365": "microsoft",
    "fastmail": "fastmail",
    "proton": "proton",
    "mailgun": "mailgun",
    "letsencrypt": "letsencrypt.org",
    "let's encrypt": "letsencrypt.org",
}
"""Who serves mail or issues certificates, as people name them."""
