"""Words by which a proposal asks for less of something, for its end, or for its contrary.

The tables are small and made by hand, from words that proposals use. A word that ends in ``*``
stands for all words that begin with it; "no longer" needs no entry beside "no". Words that ask for
more need none, because every proposal asks for something.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Cues:
    """The cues of one language.

    Attributes:
        negations: Several of them count as one negation: many languages use them in pairs.
        only: After a negation these words cancel it: "not only".
        against: Each of these words reverses the stance.
        contraries: Pairs of words that name opposite sides without being for or against.
    """

    negations: frozenset[str]
    only: frozenset[str]
    against: frozenset[str]
    contraries: tuple[tuple[str, str], ...]


def _cues(negations: str, only: str, against: str, contraries: str) -> Cues:
    pairs = tuple(pair.partition("/") for pair in contraries.split())
    return Cues(
        frozenset(negations.split()),
        frozenset(only.split()),
        frozenset(against.split()),
        tuple((one, other) for one, _, other in pairs),
    )


CUES: Final = {
    "en": _cues(
        "no not none never nobody nothing neither nor without cannot don't doesn't shouldn't "
        "mustn't won't can't isn't aren't nowhere",
        "only just",
        "less fewer lower* reduc* decreas* cut cuts cutting ban bans banned banning prohibit* "
        "forbid* stop* end ends ending abolish* against oppos* close closing shut* remov* reject* "
        "refus* scrap* dismantl* eliminat* limit* restrict* shrink* slash* phase-out bad worse "
        "harmful disallow* repeal* withdraw* leave leaving cancel* halt* minimi*",
        "rich/poor public/private men/women young/old left/right north/south urban/rural "
        "national/european employers/workers landlords/tenants day/night before/after",
    ),
    "fr": _cues(
        "pas jamais aucun aucune non sans ni rien personne nullement",
        "seulement uniquement",
        "moins rédui* réduc* dimin* baiss* interdi* stop* arrêt* fin finir abol* supprim* "
        "suppression contre ferm* retir* rejet* refus* limit* restrein* restric* abandon* "
        "démantel* élimin* mauvais* nuisible* sortir sortie quitter annul* abrog* mettre-fin cess*",
        "riches/pauvres public/privé publics/privés hommes/femmes jeunes/vieux gauche/droite "
        "nord/sud urbain/rural national/européen employeurs/salariés jour/nuit avant/après",
    ),
    "de": _cues(
        "nicht kein keine keinen keinem keiner keines nie niemals niemand nichts ohne weder nein",
        "nur bloss allein",
        "weniger senk* reduzier* verringer* kürz* verbiet* verbot* verboten stopp* beend* ende "
        "abschaff* abzuschaffen gegen schliess* entfern* ablehn* abzulehnen streich* "
        "begrenz* einschränk* beschränk* abbau* abzubauen ausstieg* aussteigen austritt* austreten "
        "niedriger* schlecht* schädlich* untersag* rückbau* halbier* minimier* aufheb* abschalt*",
        "reiche/arme öffentlich/privat öffentliche/private männer/frauen junge/alte links/rechts "
        "nord/süd stadt/land national/europäisch arbeitgeber/arbeitnehmer tag/nacht vor/nach",
    ),
    "es": _cues(
        "no nunca jamás ningún ninguna ninguno nadie nada sin ni tampoco",
        "solo sólo solamente únicamente",
        "menos reduc* reduz* dismin* baj* prohib* parar paren stop fin acabar termin* abol* "
        "suprim* elimin* contra cerr* cierr* cierre retir* rechaz* limit* restring* restric* "
        "abandon* desmantel* mal* peor* dañin* salir salida cancel* derog* recort* deten* evit*",
        "ricos/pobres público/privado pública/privada hombres/mujeres jóvenes/mayores "
        "izquierda/derecha norte/sur urbano/rural nacional/europeo día/noche antes/después",
    ),
    "it": _cues(
        "non no mai nessun nessuno nessuna niente nulla senza né neanche nemmeno",
        "solo soltanto solamente",
        "meno ridur* riduc* riduz* diminu* abbass* viet* divieto proib* ferm* stop fine finire "
        "abol* elimin* soppri* contro chiud* chius* ritir* rifiut* respin* limit* restring* "
        "abbandon* smantell* cattiv* peggio* dannos* uscire uscita annull* abrog* tagli* cess*",
        "ricchi/poveri pubblico/privato pubblica/privata uomini/donne giovani/anziani "
        "sinistra/destra nord/sud urbano/rurale nazionale/europeo giorno/notte prima/dopo",
    ),
    "nl": _cues(
        "niet geen nooit niemand niets zonder noch nee",
        "alleen slechts enkel",
        "minder verlag* lager* vermind* verklein* verbied* verbod* verboden stop* beëindig* einde "
        "afschaf* afgeschaft tegen sluit* gesloten verwijder* weiger* afwijz* schrap* beperk* "
        "begrenz* afbouw* afbreken uitstap* uittred* slecht* schadelijk* krimp* halver* weg",
        "rijken/armen openbaar/privé publiek/privaat mannen/vrouwen jongeren/ouderen links/rechts "
        "noord/zuid stad/platteland nationaal/europees werkgevers/werknemers dag/nacht voor/na",
    ),
    "pt": _cues(
        "não nao nunca jamais nenhum nenhuma ninguém nada sem nem tampouco",
        "só apenas somente",
        "menos reduz* reduç* diminu* baix* proib* parar stop fim acabar termin* abol* suprim* "
        "elimin* contra fech* retir* rejeit* recus* limit* restring* restriç* abandon* desmantel* "
        "mau má mal pior* prejudici* sair saída cancel* revog* cort* cess* evit*",
        "ricos/pobres público/privado pública/privada homens/mulheres jovens/idosos "
        "esquerda/direita norte/sul urbano/rural nacional/europeu dia/noite antes/depois",
    ),
    "pl": _cues(
        "nie nigdy żaden żadna żadne żadnych nikt nic bez ani brak",
        "tylko jedynie",
        "mniej zmniejsz* obniż* ogranicz* redukc* reduk* zakaz* zabroni* zabrania* stop "
        "zatrzym* koniec zakończ* skończ* znieś* znies* znosz* likwid* zlikwid* przeciw* zamkn* "
        "zamyk* usun* usuw* odrzuc* odmów* wycof* rezygn* zrezygn* zły złe gorsz* szkodliw* "
        "wyjść wyjście opuśc* anulow* uchyl* cięci* niższ*",
        "bogaci/biedni bogatych/biednych publiczny/prywatny publiczne/prywatne mężczyźni/kobiety "
        "młodzi/starsi lewica/prawica północ/południe miasto/wieś krajowy/europejski dzień/noc",
    ),
}  # fmt: skip
"""The cues by primary language."""
