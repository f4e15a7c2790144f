"""Words that make two titles speak of different things, however alike the rest of them is."""

from __future__ import annotations

_WORDS = """
    monday tuesday wednesday thursday friday saturday sunday
    montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag
    lundi mardi mercredi jeudi vendredi samedi dimanche
    lunes martes miércoles jueves viernes sábado domingo
    lunedì martedì mercoledì giovedì venerdì sabato domenica
    segunda terça quarta quinta sexta feira
    maandag dinsdag woensdag donderdag vrijdag zaterdag zondag

    january february march april may june july august september october november december
    januar februar märz mai juni juli oktober dezember
    janvier février mars avril juin juillet août septembre octobre novembre décembre
    enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
    gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre
    janeiro fevereiro março maio junho julho setembro outubro novembro dezembro
    januari februari maart mei augustus
    spring summer autumn winter frühling sommer herbst

    one two three four five six seven eight nine ten eleven twelve
    first second third fourth fifth sixth seventh eighth ninth tenth
    eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf
    erste erster erstes zweite zweiter zweites dritte dritter drittes vierte vierter viertes
    un deux trois quatre cinq sept huit neuf dix premier première deuxième troisième quatrième
    uno dos tres cuatro cinco seis siete ocho nueve diez primera primero segundo tercera tercero cuarta cuarto
    due tre quattro cinque sei sette otto nove dieci prima primo seconda secondo terza terzo quarto
    um dois três quatro cinco sete oito dez primeira primeiro terceira terceiro
    een twee drie vijf zes zeven negen tien eerste tweede derde vierde
    i ii iii iv v vi vii viii ix x xi xii
    plus minus percent dollar euro pound yen

    no not never without none nor cannot cant dont doesnt didnt isnt arent wasnt werent wont wouldnt shouldnt
    nicht kein keine keinen keiner nie niemals ohne
    ne pas jamais sans aucun aucune ni
    nunca jamás sin ningún ninguna
    non mai senza nessun nessuna
    não sem nenhum nenhuma
    niet geen nooit zonder
    не нет без никогда
    ikke ikkje inte ei nem değil tidak không
    لا لم لن ليس नहीं 안 못
    不 没 沒 未 非 无 無 否
"""
_TELLING = frozenset(_WORDS.split())


def is_telling(word: str) -> bool:
    """Whether it is a number in any way of writing or what stands beside one, a day, a month, or a denial."""
    return word in _TELLING or any(character.isnumeric() for character in word)
