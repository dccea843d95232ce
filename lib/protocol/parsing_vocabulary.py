"""The words that may stand around a value in a sentence that gives it as the answer, and those that take it back.

A value is read from a sentence only where every word of its clause is one of these; an unknown word leaves it unread.
So the lists are long where nothing can go wrong (parts of faces, nouns for people), and hold no word that could turn a
sentence round: no `not`, `if`, `or`, `said`, `less`, `other`, `could`.
"""

from __future__ import annotations

import re


def words_in(text: str) -> frozenset[str]:
    """The set of the words of a text."""
    return frozenset(text.split())


_DETERMINERS = """
    a an the this that these those it its it's that's he she they his her their him them i i'd i'll i'm my our we
    we'd he's she's they're am is are be being here here's there's there one both all some
    """
_PLACES = "as of to in on at for from and with by into about around through so thus therefore hence then which who like"
_VERBS = """
    appear appears appearing seem seems seeming look looks looking feels feeling show shows showing shown display
    displays displaying displayed express expresses expressing expressed convey conveys conveying conveyed suggest
    suggests suggesting indicate indicates indicating indicated depict depicts depicting depicted portray portrays
    portrayed portraying reflect reflects reflecting reflected reveal reveals revealing exhibit exhibits exhibiting
    exhibited demonstrates demonstrating wear wears wearing has have having signal signals signaling signify
    signifies can will would matches fits falls represents represented corresponds associated consistent
    characteristic experiencing characterized classified categorized described identified labeled labelled
    interpreted perceived detected seen read based aligns observed communicates communicating points evidenced
    provided see summary
    """
SAYING = words_in("""
    say rate choose pick select go give assign classify categorize identify describe call interpret think believe
    conclude perceive detect observe infer assess
    """)
"""Verbs that need I before them: others may say or rate something else."""

_ANSWERING = """
    say rate rated rating give giving assign choose pick select go classify categorize identify label describe call
    interpret estimate judge guess think believe conclude perceive detect observe infer assess answer final option
    fitting appropriate suitable accurate indicative category class classification prediction predicted response
    result output choice conclusion assessment evaluation analysis best correct estimated selected chosen following
    follows value
    """
_HEDGES = """
    very quite slightly somewhat rather fairly extremely moderately mildly strongly deeply primarily mainly mostly
    predominantly generally genuinely really truly visibly definitely certainly obviously apparently seemingly
    essentially simply just only pretty highly intensely clearly closely likely probably perhaps maybe overall most
    sure certain confident okay ok well yes certainly course sadly little bit more-or-less strong mild slight subtle
    intense clear distinct typical evident apparent single exact main primary dominant overall surely specifically
    directly indeed possibly approximately roughly say let's see hmm great but boxed text json object ownscale array
    markdown format's emoji
    """
_FEELING = """
    emotion emotions expression facial face category mood feeling state look appearance demeanor demeanour sentiment
    affect emotional expressed emotion's face's
    """
_OTHER_LANGUAGES = """
    ich du sie er es wir das die der dem den ein eine einen ist wirkt sieht scheint zu sein aus auf bild person frau
    mann gesicht gesichtsausdruck ausdruck emotion gefühl antwort würde sagen bewertung sondern zeigt sehr eher je
    tu il elle le la les l'émotion un une est semble paraît être sur visage l'expression l'image personne femme
    homme réponse dirais très note el lo una es está parece estar rostro expresión emoción cara persona mujer hombre
    respuesta diría muy valor puntuación lui lei sembra essere volto espressione emozione donna uomo risposta direi
    molto voto o a ele ela parece expressão emoção pessoa mulher homem resposta diria muito nota imagem imagen
    immagine het een gezicht
    """

COMMON = words_in(" ".join((_DETERMINERS, _PLACES, _VERBS, _ANSWERING, _HEDGES, _FEELING, _OTHER_LANGUAGES)))
"""What may stand in any clause that gives a value."""

CLAIMS = words_in(f"{_ANSWERING} sure confident certain see") - words_in("best most following")
"""Words of which one must stand after I."""

LABELS = CLAIMS | words_in(_FEELING)
"""Words of which one must stand before a colon."""

PEOPLE = words_in("""
    image picture photo photograph portrait person person's man man's woman woman's individual individual's subject
    subject's child child's boy boy's girl girl's people lady gentleman guy baby adult teenager male female young
    older elderly middle-aged asian black white caucasian korean model someone human
    """)
_FEATURES = words_in("""
    eye eyes eyebrow eyebrows brow brows mouth lip lips corner corners smile smiles smiling frown frowns frowning
    cheek cheeks nose jaw teeth tooth gaze forehead chin head wrinkle wrinkles crinkled crinkles crow's feet
    furrowed furrow raised lowered upturned downturned turned pulled drawn together wide widened open closed pressed
    tight tightened tense tensed relaxed neutral-looking bright broad big large small slightly upward downward
    upwards downwards squinting squinted narrowed wrinkled curled parted bared exposed visible muscle muscles
    tension posture features feature signs sign cues cue lack sense warm genuine soft gentle bared inner outer upper
    lower side sides direct calm positive negative pleasant unpleasant high low moderate level intensity degree
    amount glare stare staring crying tears scowl scowling grin grinning grimace laughing laugh tongue nostrils
    flared around near up down straight camera ahead facing viewer directly intently front widely broadly
    """)

FACES = PEOPLE | _FEATURES
"""What may stand beside these in a clause that gives an emotion: people, and what their faces do."""

RATING = words_in("""
    go rate rates rated rating score scored scores say give giving gives assign assigned answer choose pick select
    estimate estimated judge value level think guess believe it's  note bewertung antwort réponse respuesta
    risposta resposta puntuación voto boxed prediction response result output
    """)
"""Words of which one must stand before a number, unless nothing does."""

NUMBERS = (
    COMMON
    | RATING
    | words_in("""
    scale point points integer midpoint middle end high low higher lower lowest highest maximum minimum positive
    negative moderate moderately pleasant unpleasant neutral excited calm good nor where terms impression degree
    strong stars? range considering when out
    """)
)
"""What may stand in a clause that gives a number."""

CONTRAST = words_in("but however though although except despite whereas")
"""What makes an explanation doubtful, unless all its words are known."""

SPOILERS = CONTRAST | words_in("""
    wait actually correction corrections correct corrected correcting corrects change changed changes changing sorry
    oops whoops oop ups mistake mistaken mistakenly wrong wrongly incorrect incorrectly error erroneous erroneously
    scratch revise revised revises revising revision update updated edit edited amend amended reconsider
    reconsidered reconsidering rethink rethinking alternatively alternative alternatives otherwise nope nah never
    nevermind strike struck ignore ignored disregard forget forgot kidding joke joking jest sarcasm sarcastic false
    untrue invalid opposite reverse reversed inverse inverted opposed contrary doubt doubtful doubts unsure
    uncertain disagree unlikely example examples instance template placeholder format hypothetical hypothetically
    suppose supposed supposing imagine imagined imagining pretend pretends pretending fake faked feigned if unless
    whether else question asked told said saying says claim claims claimed quote quoted you your yours previous
    previously prior former formerly initially instead replace replaced retract retracted withdraw withdrawn
    rejected reject instruction instructions prompt caption could might may should maybe perhaps possibly guessing
    random randomly arbitrary arbitrarily unable cannot can't couldn't wouldn't shouldn't better test testing lie
    lied lying true mean meant better nein falsch korrektur warte doch eigentlich entschuldigung beispiel falls wenn
    faux erreur désolé désolée plutôt exemple pardon perdón error equivocado incorrecto corrección ejemplo falso
    scusa sbagliato errore invece esempio errado desculpe desculpa exemplo
    """)
"""What makes an explanation leave open whether the value still is the answer."""

ASKING = words_in("is are does do did was were can could will would should has what which how why whose when if be")
"""With what no sentence begins that gives a value."""

PLAIN = (
    COMMON
    | FACES
    | NUMBERS
    | words_in("""
    number numeric because since due given considering judging looking after upon also additionally furthermore
    moreover another reason reasons reasoning explanation rationale justification note notes details description
    observation observations confidence key age gender subject context more difficult determine further information
    without even while still background clothing lighting pleasantness valence arousal intensity activation
    """)
)
"""Words of which an explanation may consist."""

OPENERS = PLAIN | words_in("""
    reasoned explain race ethnicity thank thanks hope no wide among along combined two three several many few other
    weil da mit und car avec et porque con y perché perchè com que e mundwinkel augen between where first finally
    lastly secondary blurry dark light setting scene wearing hair beard shirt glasses sparkling visually facially
    """)
"""With what an explanation may begin."""

CONNECTORS = words_in("""
    because since as due given based with without which who indicated evidenced suggesting indicating judging
    considering characterized particularly especially reflecting conveying showing marked weil da car porque perché
    """)
"""What may come between a value and its explanation."""

AFTER_NUMBER = words_in("""
    on for in as because since given due based which with and is overall here very moderately slightly quite fairly
    somewhat highly extremely pleasant unpleasant positive negative neutral calm excited point points from
    considering judging indicating suggesting reflecting in-between high low moderate good ownscale
    """)
"""What may follow a number that is no number of things."""

COUNTED = words_in("""
    people persons person individuals faces eyes eye corners hands teeth years year months women men woman man
    children features reasons reason factors cues signs indicators elements aspects images image pictures photos
    lips cheeks brows eyebrows wrinkles dimples lines muscles things points-of emotions categories options words
    year-old feet seconds minutes hours times sides parts mouth mouths
    """)
"""Things: the number before them is no rating."""

NEGATORS = words_in("not no nor neither without than rather opposed instead never isn't doesn't non nicht or")
"""What may stand in an explanation before another value that it denies."""

_KOREAN = words_in("""
    이 그 저 제 나 내 사람 인물 남자 여자 남성 여성 얼굴 표정 감정 이미지 사진 속 의 에서 에 은 는 가 을 를 도 로
    으로 매우 아주 조금 약간 가장 정말 정답 답변 대답 최종 결과 분류 평가 점수 유쾌함 각성 강도 값 생각 보기 느끼고
    느껴 집니다 느껴집니다 느껴져요 느낍니다 보입니다 보여요 보인다 보임 입니다 이에요 예요 이다 임 나타냅니다
    드러냅니다 나타내고 드러내고 짓고 있습니다 있어요 있다 있는 것 같습니다 같아요 처럼 상태 판단됩니다 판단
    생각합니다 추정됩니다 정도 점 선택 합니다 하겠습니다 준다 주겠습니다 답 중 나타난 보이는 고 다 이라고 라고 감
    """)
_KANJI = words_in("""
    他 她 它 他们 她们 这 這 那 个 個 人 张 張 位 的 脸 臉 面部 表情 情绪 情緒 看起来 看起來 看上去 似乎 好像 显得
    顯得 显示 顯示 是 为 為 很 非常 十分 有点 有些 感到 觉得 覺得 图片 圖片 图像 照片 中 里 裡 在 答案 最终 最終
    回答 男人 女人 男性 女性 男子 女子 人物 我 认为 認為 选择 選擇 评分 評分 分 愉悦度 愉悅度 唤醒度 给 給 了 样子
    神情 情感 状态 吧 この その 顔 感情 画像 写真 の は が を に で と も とても 少し 答え 評価 点 私 思い 思う
    思われ そう です だ な 見え ます る ている しています している います 感じ 様子 状態 と思います 最も
    """)
ASIAN = re.compile("|".join(sorted({*_KOREAN, *_KANJI}, key=len, reverse=True)))
"""The same for languages that write words together or with their endings."""

KOREAN_ENDINGS = words_in("""
    입니다 이에요 예요 이다 임 합니다 해요 해 한 함 하다 하게 하는 해서 해하는 스러운 스럽습니다 스러워 을 를 이 가
    은 는 로 으로 의 감 감을 감이 감입니다 한다 요 이라고 라고 하고 이며 인 한데 으로서 이라 입니 입니다만
    """) | {""}
"""What may follow a Korean category within its word."""
